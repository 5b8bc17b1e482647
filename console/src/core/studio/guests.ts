/* Guests from elsewhere, by the show's LiveKit room: a link for each, their pictures and sound into sources,
 * and to them this room's sound and the program. The room is entered while somebody is to come, or while
 * LiveKit's Egress sends the program. */
import { ApiError, type Api } from "../api";
import type { Capture } from "../capture";
import type { LogEvent } from "../event";
import type { LivekitState, ServerState } from "../link/link";
import { WORDS } from "../notices";
import { OUT, type Room, type RoomAsk, type RoomState, type TrackName } from "../room/room";
import { isHost } from "../room/wire";
import type { Remote } from "../sources";
import type { Guest, GuestRoom, SourceId } from "../studio";
import { GuestEvents, Hosts } from "./guest-events";
import { GuestTracks, type TrackParts } from "./guest-tracks";
import { inWords, isOnAir, type Opening } from "./opening";
import type { SourceList } from "./source-list";
import type { State } from "./state";

const LINK_MINUTES = 12 * 60;

export interface GuestParts {
  api: Api;
  capture: Capture;
  sources: SourceList;
  opening: Opening;
  room?: (ask: RoomAsk) => Room; /* missing: there are no guests here */
  tracks?: TrackParts;
}

export class Guests {
  readonly events: GuestEvents;
  private readonly tracks: GuestTracks;
  private readonly hosts = new Hosts();
  private room: Room | null = null;
  private roomOf: string | null = null; /* its show */
  private unsubscribe: (() => void) | null = null;
  private published = new Map<TrackName, MediaStreamTrack | null>();
  private livekit: LivekitState | null = null;
  private pages = new Set<SourceId>(); /* whose page is open */
  private isStudioHeard = true;
  private can: boolean | null = null;

  constructor(
    private readonly state: State,
    private readonly parts: GuestParts,
  ) {
    this.tracks = new GuestTracks((id) => this.tracksChanged(id), parts.tracks);
    this.events = new GuestEvents({
      show: () => state.show,
      isGuest: (id) => this.isGuest(id),
      handIn: (...given) => parts.api.handIn(...given),
      changed: () => this.project(),
    });
  }

  /* ---- asked by views ---- */

  async add(label: string): Promise<string> {
    if (this.can === false) throw new Error("This server has no LiveKit. Set CROSSCUT_LIVEKIT_URL, CROSSCUT_LIVEKIT_KEY and CROSSCUT_LIVEKIT_SECRET and start it again.");
    if (globalThis.isSecureContext === false)
      throw new Error("A browser gives its camera to https addresses only, and this is not one. Put Caddy in front of Crosscut (deploy/) and open the console by that address.");
    const id = this.parts.sources.addGuest(label.trim() || "Guest");
    if (id === null) throw new Error("There are sixteen sources already.");
    try {
      return await this.link(id);
    } catch (error) {
      this.parts.sources.remove(id);
      throw inWords(error);
    }
  }

  /* The show has to be on the server before a link to it can be made. */
  async link(id: SourceId): Promise<string> {
    const wasOpen = this.state.show !== null;
    const show = await this.parts.opening.open();
    if (wasOpen) this.parts.sources.tellShow();
    const { token } = await this.parts.api.guest(show.sessionId, { role: "guest", source: id, minutes: LINK_MINUTES });
    this.look();
    return `${location.origin}/#guest=${token}`;
  }

  async mute(id: SourceId): Promise<void> {
    const person = this.livekit?.participants?.find(({ identity }) => identity === id);
    const sound = person?.tracks?.find(({ kind }) => kind === "sound");
    const { show } = this.state;
    if (!show || !sound) throw new Error("Nothing is heard of them now.");
    await this.parts.api.muteGuest(show.sessionId, id, sound.sid);
  }

  /* LiveKit lets nobody open another's microphone, and neither do we. */
  askToUnmute(id: SourceId): void {
    this.say(`${this.state.source(id)?.label ?? "Please"}: please unmute your microphone.`);
  }

  async remove(id: SourceId): Promise<void> {
    const { show } = this.state;
    if (show) {
      await this.parts.api.removeGuest(show.sessionId, id).catch((error: unknown) => {
        if (!(error instanceof ApiError) || error.status !== 404) throw inWords(error); /* not in the room is as good */
      });
    }
    this.parts.sources.remove(id);
    this.forget(id);
  }

  /* The source was taken away, by whomever. */
  forget(id: SourceId): void {
    this.tracks.forget(id);
    this.events.sound(id, false);
    this.look();
  }

  setQuiet(id: SourceId, isQuiet: boolean): void {
    this.tracks.setQuiet(id, isQuiet);
    this.project();
  }

  letStudioBeHeard(isHeard: boolean): void {
    this.isStudioHeard = isHeard;
    this.room?.setMuted(!isHeard);
    this.project();
  }

  say(text: string): void {
    if (text.trim()) this.room?.say(text.trim());
  }

  /* ---- told ---- */

  setCan(can: boolean): void {
    this.can = can;
    this.look();
  }

  server({ livekit, clients }: ServerState): void {
    this.livekit = livekit ?? null;
    if (clients) this.pages = new Set(clients.flatMap(({ source }) => (source ? [source] : [])));
    this.look();
  }

  told(line: LogEvent): void {
    this.events.told(line);
  }

  remoteOf(id: SourceId): Remote {
    return this.tracks.remoteOf(id);
  }

  /* Enters or leaves the room and gives what is to be given, as things are now. Once a second, too. */
  look(): void {
    const { show } = this.state;
    const isWanted = this.isRoomWanted();
    if (this.room && (!isWanted || this.roomOf !== show?.sessionId)) this.leave();
    if (!this.room && isWanted && show) this.enter(show.sessionId);
    this.events.look();
    this.publish();
    this.project();
  }

  leave(): void {
    this.unsubscribe?.();
    this.unsubscribe = null;
    this.room?.leave();
    this.room = this.roomOf = null;
    this.published.clear();
    this.hosts.see(null);
    this.parts.capture.closeRoom();
    this.tracks.clear();
    this.state.unsay("room");
    this.state.unsay("room-program");
  }

  /* ---- within ---- */

  private isGuest(id: SourceId): boolean {
    return this.state.source(id)?.picture.kind === "guest";
  }

  private ids(): SourceId[] {
    return this.state.get().sources.filter(({ picture }) => picture.kind === "guest").map(({ id }) => id);
  }

  private isRoomWanted(): boolean {
    const { phase } = this.state.get();
    if (!this.parts.room || !this.can || !this.state.show || phase === "stopped") return false;
    return this.ids().length > 0 || this.isSentByLivekit();
  }

  private isSentByLivekit(): boolean {
    const { live } = this.state.get();
    return isOnAir(live) && (live.egress ?? "console") !== "console"; /* its own page takes what it is given, too */
  }

  private enter(sessionId: string): void {
    const room = this.parts.room!({
      token: () => this.parts.api.roomTicket(sessionId),
      wants: (identity, name) => (name === "camera" || name === "microphone") && this.isGuest(identity),
    });
    this.room = room;
    this.roomOf = sessionId;
    room.onEvent((identity, event) => {
      if (this.hosts.isNewest()) this.events.handIn(identity, event);
    });
    this.unsubscribe = room.subscribe(() => this.roomChanged());
    room.setMuted(!this.isStudioHeard);
    room.join();
  }

  private roomChanged(): void {
    const { link, why, people } = this.room!.state();
    const others = people.map(({ identity }) => identity).filter(isHost);
    /* While it comes again nobody is known; who was here stays until that is known better. */
    if (link === "joined") {
      this.hosts.see(others);
      for (const id of this.ids()) this.tracks.follow(id, people.find(({ identity }) => identity === id));
    } else if (link !== "again") this.hosts.see(null);
    if (why !== null && link !== "joined" && link !== "joining") this.state.say("room", WORDS.roomFailing(why));
    else this.state.unsay("room");
    this.publish();
    this.project();
  }

  private tracksChanged(id: SourceId): void {
    const { sound, picture } = this.tracks.has(id);
    this.events.sound(id, sound);
    /* Who goes in the middle of a sentence has ended it. */
    const { show } = this.state;
    if (!sound && !picture && this.state.get().phase === "recording" && show?.view.speaking.has(id)) show.log("speaking_stop", { source: id });
    this.parts.sources.guestChanged();
  }

  private publish(): void {
    const { room } = this;
    if (!room || room.state().link !== "joined") return;
    const sound = this.parts.capture.openRoom();
    this.give("microphone", sound.voices);
    const isLookedAt = this.isSentByLivekit() || room.state().people.some(({ identity }) => !isHost(identity));
    const isShown = isLookedAt && this.state.get().phase === "recording";
    const picture = isShown ? this.parts.capture.showProgram() : null;
    if (isShown && !picture) this.state.say("room-program", this.isSentByLivekit() ? WORDS.liveImpossible() : WORDS.guestsSeeNothing());
    else this.state.unsay("room-program");
    this.give("program", picture);
    this.give("program-sound", isShown ? sound.program : null);
    if (!picture) this.parts.capture.hideProgram();
  }

  private give(name: TrackName, track: MediaStreamTrack | null): void {
    if ((this.published.get(name) ?? null) === track) return;
    this.published.set(name, track);
    this.room!.publish(name, track);
  }

  private guest(id: SourceId, people: RoomState["people"]): Guest {
    const { picture, sound } = this.tracks.has(id);
    const microphone = people.find(({ identity }) => identity === id)?.tracks.find(({ name }) => name === "microphone");
    const away = this.tracks.wasHere(id) ? "left" : "away";
    return {
      id,
      state: this.tracks.isHere(id) ? "here" : this.pages.has(id) ? "opening" : away,
      hasPicture: picture,
      hasSound: sound,
      isMuted: microphone?.isMuted ?? false,
      isQuiet: this.tracks.isQuiet(id),
      speaksBy: this.events.speaksBy(id),
    };
  }

  private project(): void {
    const { link, why, people, chat } = this.room?.state() ?? OUT;
    const guests = this.ids().map((id) => this.guest(id, people));
    const next: GuestRoom = { can: this.can, link, why, guests, chat, isStudioHeard: this.isStudioHeard, dropped: this.events.dropped };
    const old = this.state.get().guests;
    if (JSON.stringify(old) !== JSON.stringify(next)) this.state.set({ guests: next });
  }
}
