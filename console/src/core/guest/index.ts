/* A guest from elsewhere, put together: devices and green room, the LiveKit room, the line to the show,
 * their voice, and their own recording. What always holds: nothing leaves this machine before they
 * agreed and joined; what was recorded is sent, whatever ended the show for them. */
import { ApiError, type Api } from "../api";
import type { LogSource } from "../event";
import { endOf, type Invitation } from "../invitation";
import { isHostRecording, type Elsewhere, type OwnRecorder } from "../own-recorder";
import type { Room, RoomAsk } from "../room/room";
import { isHost, isViewer } from "../room/wire";
import { Store } from "../store";
import type { Meter, SourceId } from "../studio";
import { FIRST, type Guest, type GuestPhase, type GuestState } from "./guest";
import { Hearing, SILENCE, type HearingParts } from "./hearing";
import { Line, type LineHooks, type LineParts } from "./line";
import { isDenied, whyNoMedia, type GuestMedia } from "./media";
import { stageOf } from "./stage";

export interface GuestParts extends HearingParts {
  api: Pick<Api, "session" | "roomTicket">;
  media: GuestMedia;
  room: (ask: RoomAsk) => Room;
  line: (parts: LineParts, hooks: LineHooks, sources: LogSource[]) => Pick<Line, "view" | "next" | "state" | "clock" | "onAir" | "log" | "elsewhere" | "close">;
  log?: LineParts["log"];
  own?: (link: Invitation, changed: () => void, elsewhere: Elsewhere) => Pick<OwnRecorder, "own" | "look" | "join" | "change" | "told" | "pending" | "over" | "close">;
  keepAwake: () => () => void;
}

const WORDS = {
  ended: "Thank you for being part of it!",
  refused: "This link is not valid any more. Ask your host for a new one.",
  noLivekit: "This studio cannot take guests from elsewhere yet. Tell your host that LiveKit is not set up.",
  unplugged: "Your camera or microphone was unplugged. Plug it in again, or choose another.",
};

/* What a guest takes of the room: never the program's sound, in which they would hear themselves. */
export function guestWants(own: SourceId): RoomAsk["wants"] {
  return (identity, name) => identity !== own && !isViewer(identity) && (name === "program" ? isHost(identity) : name !== "program-sound");
}

export class GuestCore implements Guest {
  private readonly store: Store<GuestState>;
  private readonly room: Room | null = null;
  private readonly recorder: ReturnType<NonNullable<GuestParts["own"]>> | null = null;
  private readonly streams = new WeakMap<MediaStreamTrack, MediaStream>();
  private hearing: Hearing | null = null;
  private line: ReturnType<GuestParts["line"]> | null = null;
  private sources: LogSource[] = [];
  private isMutedBySelf = false;
  private letSleep: (() => void) | null = null;
  private readonly forget: (() => void)[] = [];
  private isClosed = false;

  constructor(
    private readonly link: Invitation | null,
    private readonly parts: GuestParts,
  ) {
    this.store = new Store<GuestState>(link ? FIRST : { ...FIRST, phase: "refused", why: WORDS.refused });
    if (!link) return;
    this.room = parts.room({ token: () => this.roomToken(), wants: guestWants(link.source) });
    this.forget.push(this.room.subscribe(() => this.roomChanged()));
    this.forget.push(parts.media.onChange(() => void this.devicesChanged()));
    const elsewhere = { view: () => this.line?.elsewhere() ?? null, clock: () => this.line?.clock() ?? null };
    this.recorder = parts.own?.(link, () => this.ownChanged(), elsewhere) ?? null;
    void this.recorder?.look();
    void this.look();
  }

  state = (): GuestState => this.store.get();
  subscribe = (changed: () => void): (() => void) => this.store.subscribe(changed);

  meter(): Meter {
    return this.hearing?.meter ?? SILENCE;
  }

  /* ---- the green room ---- */

  async askDevices(): Promise<void> {
    const { permission, phase } = this.state();
    if (permission === "asking" || phase !== "green") return;
    this.store.set({ permission: "asking", trouble: null });
    try {
      await this.open({ picture: true, sound: true });
      this.store.set({ permission: "granted" });
    } catch (error) {
      this.store.set({ permission: isDenied(error) ? "denied" : globalThis.isSecureContext === false ? "impossible" : "unknown" });
      throw new Error(whyNoMedia(error));
    }
  }

  async choose(change: { cameraId?: string; microphoneId?: string; hasHeadphones?: boolean }): Promise<void> {
    const { cameraId, microphoneId, hasHeadphones } = this.state();
    const wants = { picture: change.cameraId !== undefined, sound: change.microphoneId !== undefined || change.hasHeadphones !== undefined };
    this.store.set({ trouble: null, ...change });
    try {
      await this.open(wants);
    } catch (error) {
      this.store.set({ cameraId, microphoneId, hasHeadphones, trouble: whyNoMedia(error) });
      await this.open(wants).catch(() => {}); /* what was there before is better than nothing */
    }
  }

  startCheck(): void {
    this.store.set({ loudness: null });
    this.hearing?.startCheck();
  }

  agree(hasAgreed: boolean): void {
    if (this.state().phase === "green") this.store.set({ hasAgreed });
  }

  /* ---- the room ---- */

  join(): void {
    const { phase, hasAgreed, stream } = this.state();
    if (phase !== "green" || !hasAgreed || !stream || !this.link || !this.room) return;
    this.store.set({ phase: "joining", check: null });
    this.letSleep = this.parts.keepAwake();
    const { session, source, token } = this.link;
    const hooks: LineHooks = {
      changed: () => {
        this.update();
        if (this.line?.elsewhere()) this.recorder?.told();
      },
      ended: () => this.end("ended", WORDS.ended),
      denied: (code) => this.denied(code),
    };
    const { api, log } = this.parts;
    this.line = this.parts.line({ session, source, token, api, room: this.room, log, more: () => this.recorder?.pending() ?? [] }, hooks, this.sources);
    this.publish(stream);
    this.room.join();
    this.hearing?.begin(() => this.line?.clock() ?? null);
    this.recorder?.join(stream);
  }

  setMuted(isMuted: boolean): void {
    this.isMutedBySelf = isMuted;
    this.room?.setMuted(isMuted);
    this.update();
  }

  say(text: string): void {
    this.room?.say(text);
  }

  leave(): void {
    if (this.isThere) this.end("left", null);
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const forget of this.forget.splice(0)) forget();
    this.recorder?.close();
    this.letGo();
    this.letSleep?.();
  }

  private get isThere(): boolean {
    const { phase } = this.state();
    return phase === "green" || phase === "joining" || phase === "in";
  }

  /* What the link leads to. */
  private async look(): Promise<void> {
    const { session, source } = this.link!;
    try {
      const manifest = await this.parts.api.session(session);
      this.sources = manifest.sources ?? [];
      const own = this.sources.find(({ id }) => id === source);
      this.store.set({ name: own?.label ?? source, show: manifest.name ?? null });
      if (manifest.state !== "recording") this.end("ended", WORDS.ended);
      else this.update();
    } catch (error) {
      if (error instanceof ApiError && !error.isPassing) this.denied(error.code);
      else if (!this.isClosed && this.isThere) setTimeout(() => !this.isClosed && this.isThere && void this.look(), 3000);
    }
  }

  private async roomToken(): ReturnType<RoomAsk["token"]> {
    try {
      return await this.parts.api.roomTicket(this.link!.session);
    } catch (error) {
      if (error instanceof ApiError && error.code === "conflict") throw new ApiError(409, "conflict", WORDS.noLivekit);
      if (error instanceof ApiError && (error.code === "stopped" || error.code === "unauthorised")) queueMicrotask(() => this.denied(error.code));
      throw error;
    }
  }

  private denied(code: string): void {
    const end = endOf(code);
    if (end) this.end(end, WORDS[end]);
  }

  /* ---- devices ---- */

  private async open(wants: { picture: boolean; sound: boolean }): Promise<void> {
    const { stream: before, cameraId, microphoneId, hasHeadphones } = this.state();
    /* Many devices are open once at a time. */
    const kept = (before?.getTracks() ?? []).filter(({ kind }) => !(kind === "video" ? wants.picture : wants.sound));
    for (const track of before?.getTracks() ?? []) if (!kept.includes(track)) stopTrack(track);
    const opened = await this.parts.media.open({ cameraId, microphoneId, hasHeadphones }, wants);
    if (this.isClosed || !this.isThere) return opened.getTracks().forEach(stopTrack);
    const tracks = [...opened.getTracks(), ...kept];
    for (const track of opened.getTracks()) track.onended = () => this.unplugged();
    const stream = new MediaStream(tracks);
    const idOf = (kind: string, id: string | null) => tracks.find((track) => track.kind === kind)?.getSettings().deviceId ?? id;
    this.store.set({ stream, cameraId: idOf("video", cameraId), microphoneId: idOf("audio", microphoneId), devices: await this.parts.media.devices() });
    this.hearing ??= new Hearing(this.link!.source, this.parts, {
      edge: ({ isStart, t, edge }) =>
        this.line?.log(isStart ? "speaking_start" : "speaking_stop", { t: Math.max(0, Math.round(t)), edge_t: Math.max(0, Math.round(edge)) }),
      check: (remainingMs) => this.store.set({ check: { remainingMs } }),
      checked: (loudness) => this.store.set({ check: null, loudness }),
      failed: (why) => this.store.set({ trouble: `Your voice is not recognised: ${why}` }),
    });
    this.hearing.listen(stream.getAudioTracks()[0] ?? null);
    if (this.state().phase === "green") return;
    this.publish(stream);
    this.recorder?.change(stream);
  }

  private publish(stream: MediaStream): void {
    const [camera] = stream.getVideoTracks();
    const [microphone] = stream.getAudioTracks();
    if (camera) camera.contentHint = "motion";
    this.room?.publish("camera", camera ?? null);
    this.room?.publish("microphone", microphone ?? null);
  }

  private unplugged(): void {
    if (this.isThere) this.store.set({ trouble: WORDS.unplugged });
  }

  private async devicesChanged(): Promise<void> {
    const { stream, permission } = this.state();
    if (permission !== "granted" || !this.isThere) return;
    const devices = await this.parts.media.devices();
    this.store.set({ devices });
    const isGone = (kind: string) => stream !== null && !stream.getTracks().some((track) => track.kind === kind && track.readyState === "live");
    const wants = { picture: isGone("video") && devices.some(({ kind }) => kind === "camera"), sound: isGone("audio") && devices.some(({ kind }) => kind === "microphone") };
    if (!wants.picture && !wants.sound) return;
    /* Another one does as well as the one that went. */
    this.store.set({ ...(wants.picture ? { cameraId: null } : {}), ...(wants.sound ? { microphoneId: null } : {}) });
    await this.open(wants).then(() => this.store.set({ trouble: null }), () => {});
  }

  /* ---- what the others say ---- */

  private roomChanged(): void {
    if (!this.room || !this.isThere) return;
    const { link, why } = this.room.state();
    if (link === "removed") return this.end("removed", why);
    if (link === "refused") return this.end("refused", why);
    if (link === "joined" && this.state().phase === "joining") this.store.set({ phase: "in" });
    this.update();
  }

  private update(): void {
    if (!this.room || !this.link || !this.isThere) return;
    const { people, link, why, chat, isMuted } = this.room.state();
    const { source } = this.link;
    const { line } = this;
    const onAir = line?.onAir() ?? null;
    const labels = new Map((line?.view.sources.length ? line.view.sources : this.sources).map(({ id, label }) => [id, label]));
    const stage = stageOf({ people, onAir, own: { source, stream: this.state().stream }, labels, streamOf: (track) => this.streamOf(track) });
    const isNext = line?.state === "online" && line.next === source;
    this.store.set({
      ...this.sameOr(stage),
      tally: onAir === source ? "air" : isNext ? "next" : "off",
      mutedBy: !isMuted ? null : this.isMutedBySelf ? "self" : "host",
      isRecorded: line !== null && isHostRecording(line.view.recording, source),
      link: line?.state ?? "connecting",
      room: link,
      roomWhy: why,
      chat,
      ...(labels.has(source) ? { name: labels.get(source)! } : {}),
    });
    if (!isMuted) this.isMutedBySelf = false;
  }

  /* What is as it was stays the same object. */
  private sameOr(stage: ReturnType<typeof stageOf>): Partial<GuestState> {
    const before = this.state();
    const isSame = (a: object, b: object) =>
      Object.keys(b).length === Object.keys(a).length && Object.entries(b).every(([key, value]) => (a as Record<string, unknown>)[key] === value);
    const isSameList = (a: readonly object[], b: readonly object[]) => a.length === b.length && a.every((one, i) => one === b[i] || (!(one instanceof MediaStream) && isSame(one, b[i]!)));
    return {
      ...(isSame(before.large, stage.large) ? {} : { large: stage.large }),
      ...(isSameList(before.others, stage.others) ? {} : { others: stage.others }),
      ...(isSameList(before.voices, stage.voices) ? {} : { voices: stage.voices }),
    };
  }

  private streamOf(track: MediaStreamTrack): MediaStream {
    let stream = this.streams.get(track);
    if (!stream) this.streams.set(track, (stream = new MediaStream([track])));
    return stream;
  }

  private ownChanged(): void {
    this.store.set({ own: this.recorder!.own });
    this.maySleep();
  }

  /* ---- the end ---- */

  private end(phase: Extract<GuestPhase, "left" | "ended" | "removed" | "refused">, why: string | null): void {
    if (!this.isThere) return;
    this.store.set({ phase, why, check: null, tally: "off", large: FIRST.large, others: [], voices: [], chat: [] });
    /* A link that is not valid sends nothing now; what is stored waits for one that is. */
    if (phase === "refused") this.recorder?.close();
    else this.recorder?.over();
    this.letGo();
    this.maySleep();
  }

  private letGo(): void {
    this.line?.close();
    this.line = null;
    this.room?.leave();
    this.hearing?.close();
    this.hearing = null;
    for (const track of this.state().stream?.getTracks() ?? []) stopTrack(track);
    this.store.set({ stream: null });
  }

  /* A machine that sleeps sends nothing. */
  private maySleep(): void {
    const { own } = this.state();
    if (this.isThere || own.state === "recording" || own.state === "sending") return;
    this.letSleep?.();
    this.letSleep = null;
  }
}

function stopTrack(track: MediaStreamTrack): void {
  track.onended = null;
  track.stop();
}
