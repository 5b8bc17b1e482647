/* The room over livekit-client, which is loaded when the room is joined. What LiveKit does by itself
 * (resuming, restarting) it does; when it gives up, the room is joined anew with a new token, until
 * left, refused or removed. */
import type { RemoteParticipant, Room as LiveRoom, VideoQuality } from "livekit-client";
import { ApiError, type RoomTicket } from "../api";
import { Store } from "../store";
import { Backoff } from "../upload/backoff";
import { arePeopleSame, nameFor, peopleOf, Subscriptions } from "./people";
import { Publisher } from "./publisher";
import { OUT, type ChatLine, type EventHeard, type ProgramChange, type Room, type RoomAsk, type RoomState, type TrackName } from "./room";
import { CHAT_TOPIC, chatTextOf, decode, encode, EVENT_TOPIC, isGuest, isHost, isViewer, MOST_LINES_A_SECOND, PROGRAM_TOPIC, programOf } from "./wire";

type Livekit = typeof import("livekit-client");

export interface RoomParts {
  livekit(): Promise<Livekit>;
}

const BROWSER: RoomParts = { livekit: () => import("livekit-client") };

const MOST_CHAT = 100;
const WORDS = {
  away: "The room for guests does not answer. It is tried again.",
  removed: "The host took you out of the show.",
  elsewhere: "This link was opened in another window or on another device, which took over.",
  browser: "This browser cannot join a room: it has no WebRTC. Use a current Chrome, Edge, Firefox or Safari.",
};

export function createRoom(ask: RoomAsk, parts: Partial<RoomParts> = {}): Room {
  return new LivekitRoom(ask, { ...BROWSER, ...parts });
}

class LivekitRoom implements Room {
  private readonly store = new Store<RoomState>(OUT);
  private readonly publisher = new Publisher();
  private readonly subscriptions = new Subscriptions();
  private readonly backoff = new Backoff();
  private heard: EventHeard[] = [];
  private visit = 0; /* what an earlier one still says does not count */
  private livekit: Livekit | null = null;
  private live: LiveRoom | null = null;
  private pass: RoomTicket | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private readonly left = () => this.drop();

  constructor(
    private readonly ask: RoomAsk,
    private readonly parts: RoomParts,
  ) {}

  state = (): RoomState => this.store.get();
  subscribe = (changed: () => void): (() => void) => this.store.subscribe(changed);

  join(): void {
    const { link } = this.state();
    if (link === "joining" || link === "joined" || link === "again") return;
    globalThis.addEventListener?.("pagehide", this.left);
    this.store.set({ ...OUT, link: "joining", isMuted: this.publisher.isMuted });
    void this.comeIn();
  }

  leave(): void {
    globalThis.removeEventListener?.("pagehide", this.left);
    this.drop();
    this.store.set({ ...OUT, isMuted: this.publisher.isMuted });
  }

  publish(name: TrackName, track: MediaStreamTrack | null): void {
    this.publisher.wish(name, track);
  }

  setMuted(isMuted: boolean): void {
    this.publisher.mute(isMuted);
    this.store.set({ isMuted });
  }

  say(text: string): void {
    const words = chatTextOf(text);
    if (!this.live || this.state().link !== "joined" || words === "") return;
    this.send(CHAT_TOPIC, { text: words }, (identity) => !isViewer(identity));
    const { identity, name } = this.live.localParticipant;
    this.addLine({ from: identity, name: nameFor({ identity, name }), text: words, at: Date.now() });
  }

  sendEvent(event: Record<string, unknown>): boolean {
    return this.send(EVENT_TOPIC, event, isHost);
  }

  onEvent(heard: EventHeard): void {
    this.heard.push(heard);
  }

  /* ---- coming in and going ---- */

  private async comeIn(): Promise<void> {
    const visit = ++this.visit;
    try {
      const [livekit, pass] = await Promise.all([this.parts.livekit(), this.ask.token()]);
      if (visit !== this.visit) return;
      if (!livekit.isBrowserSupported()) return this.end("refused", WORDS.browser);
      livekit.setLogLevel("silent"); /* what is wrong is said on the page */
      this.livekit = livekit;
      this.pass = pass;
      const live = new livekit.Room({
        adaptiveStream: false, /* it looks at elements of its own making only */
        dynacast: true,
        stopLocalTrackOnUnpublish: false,
        disconnectOnPageLeave: false, /* that would be on a question whether to leave, too */
      });
      this.live = live;
      this.listen(live, visit);
      await live.connect(pass.url, pass.token, { autoSubscribe: false });
      if (visit === this.visit) this.isIn(live);
      else void live.disconnect(false);
    } catch (error) {
      if (visit === this.visit) this.failed(error);
    }
  }

  private isIn(live: LiveRoom): void {
    this.backoff.reset();
    this.store.set({ link: "joined", why: null, program: programOf(live.metadata) ?? this.state().program });
    this.publisher.use(this.livekit, live);
    this.refresh();
  }

  private failed(error: unknown): void {
    if (!(error instanceof ApiError) || error.isPassing) return this.comeAgain(WORDS.away);
    this.end(error.status === 403 ? "removed" : "refused", error.status === 403 ? WORDS.removed : sentence(error.message));
  }

  private comeAgain(why: string): void {
    this.drop();
    this.store.set({ link: "again", why, people: [] });
    this.timer = setTimeout(() => {
      this.timer = null;
      void this.comeIn();
    }, this.backoff.next());
  }

  private end(link: "refused" | "removed", why: string): void {
    this.drop();
    this.store.set({ link, why, people: [] });
  }

  private drop(): void {
    this.visit++;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const { live } = this;
    this.live = null;
    this.publisher.use(null, null);
    void live?.disconnect(false).catch(() => {});
  }

  /* ---- what LiveKit says ---- */

  private listen(live: LiveRoom, visit: number): void {
    const { RoomEvent, ConnectionState, DisconnectReason } = this.livekit!;
    const current = <Given extends unknown[]>(heard: (...given: Given) => void) => (...given: Given): void => {
      if (visit === this.visit) heard(...given);
    };
    const refresh = current(() => this.refresh());
    for (const event of [
      RoomEvent.ParticipantConnected,
      RoomEvent.ParticipantDisconnected,
      RoomEvent.ParticipantNameChanged,
      RoomEvent.TrackPublished,
      RoomEvent.TrackUnpublished,
      RoomEvent.TrackSubscribed,
      RoomEvent.TrackUnsubscribed,
      RoomEvent.TrackSubscriptionFailed,
    ] as const)
      live.on(event, refresh);
    for (const event of [RoomEvent.TrackMuted, RoomEvent.TrackUnmuted] as const)
      live.on(event, current((publication, participant) => {
        if (participant.isLocal && publication.trackName === "microphone") this.publisher.heardMuted(publication.isMuted);
        this.refresh();
      }));
    live.on(RoomEvent.RoomMetadataChanged, current((metadata: string) => this.change(programOf(metadata), true)));
    live.on(RoomEvent.DataReceived, current((bytes, from, _kind, topic) => this.data(bytes, from, topic)));
    live.on(RoomEvent.ConnectionStateChanged, current((state) => {
      if (state === ConnectionState.Reconnecting || state === ConnectionState.SignalReconnecting)
        this.store.set({ link: "again", why: WORDS.away });
      if (state === ConnectionState.Connected && this.state().link === "again") this.isIn(live);
    }));
    live.on(RoomEvent.Disconnected, current((reason) => {
      if (this.state().link === "joining") return; /* connect() says why */
      if (reason === DisconnectReason.PARTICIPANT_REMOVED) return this.end("removed", WORDS.removed);
      if (reason === DisconnectReason.DUPLICATE_IDENTITY) return this.end("removed", WORDS.elsewhere);
      this.comeAgain(WORDS.away); /* the token says whether the show has ended */
    }));
  }

  private refresh(): void {
    const { live } = this;
    if (!live) return;
    const wants: RoomAsk["wants"] = (identity, name) => this.ask.wants(identity, name);
    this.subscriptions.update(live.remoteParticipants, wants, (identity, name) => this.qualityOf(identity, name));
    const people = peopleOf(live.remoteParticipants);
    const isSame = arePeopleSame(people, this.state().people);
    this.store.set({ isMuted: this.publisher.isMuted, ...(isSame ? {} : { people }) });
  }

  /* A guest sees the others small, but for who is on air; a host records what comes. */
  private qualityOf(identity: string, name: TrackName): VideoQuality | null {
    const { VideoQuality: quality } = this.livekit!;
    if (this.pass?.role !== "guest" || name !== "camera") return null;
    return this.state().program?.source === identity ? quality.HIGH : quality.LOW;
  }

  /* Metadata is the server's last word; a message may be overtaken by it. */
  private change(program: ProgramChange | null, isLast: boolean): void {
    const known = this.state().program;
    if (!program || program.seq === known?.seq || (!isLast && known && program.seq < known.seq)) return;
    this.store.set({ program });
    this.refresh();
  }

  private data(bytes: Uint8Array, from: RemoteParticipant | undefined, topic: string | undefined): void {
    const said = decode(bytes);
    if (!said) return;
    /* The server's own messages come from nobody. */
    if (topic === PROGRAM_TOPIC && !from) return this.change(programOf(said), false);
    if (!from) return;
    const { identity } = from;
    if (topic === EVENT_TOPIC && isGuest(identity)) for (const heard of this.heard) heard(identity, said);
    if (topic !== CHAT_TOPIC || isViewer(identity)) return;
    const line = { from: identity, name: nameFor(from), text: chatTextOf(said["text"]), at: Date.now() };
    const recent = this.state().chat.filter((other) => other.from === identity && line.at - other.at < 1000);
    if (line.text !== "" && recent.length < MOST_LINES_A_SECOND) this.addLine(line);
  }

  private addLine(line: ChatLine): void {
    this.store.set({ chat: [...this.state().chat, line].slice(-MOST_CHAT) });
  }

  /* To these people and to nobody else; without any of them to nobody at all. */
  private send(topic: string, value: unknown, isFor: (identity: string) => boolean): boolean {
    const { live } = this;
    if (!live || this.state().link !== "joined") return false;
    const destinationIdentities = [...live.remoteParticipants.keys()].filter(isFor);
    if (destinationIdentities.length === 0) return false;
    void live.localParticipant.publishData(encode(value), { reliable: true, topic, destinationIdentities }).catch(() => {});
    return true;
  }
}

/* The server's messages begin small and end without a stop. */
function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}
