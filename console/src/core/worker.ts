/* The worker: hears who speaks and, while the link is down, decides who is on screen. It has no
 * clock and no link of its own; messages come in order and say what time it is. */
import type { LogEvent, LogSource } from "./event";
import { Check, type CheckResult } from "./speech/check";
import { LEVEL_MIN_DB, loudness, SpeechRoom, type Edge, type MicFrame, type RoomMic } from "./speech/room";
import { DirectorRoom, type Decision, type Settings } from "./director/room";

export type ToWorker =
  | { kind: "open"; speech: WebAssembly.Module; director: WebAssembly.Module }
  | { kind: "mics"; mics: RoomMic[] }
  /* `isShow`: t is of the session clock, and edges count. */
  | { kind: "sound"; t: number; isShow: boolean; mics: { source: string; samples: Float32Array }[] }
  | { kind: "finish"; t: number }
  | { kind: "check"; source: string | null }
  /* A new director, fed these lines; answers of earlier ones are void. */
  | { kind: "direct"; run: number; sources: LogSource[]; settings: Settings; lines: LogEvent[]; now: number }
  | { kind: "feed"; line: LogEvent }
  | { kind: "advance"; now: number };

export type FromWorker =
  | { kind: "heard"; frames: MicFrame[]; edges: Edge[] }
  | { kind: "check"; source: string; remainingMs: number; heardDb: number | null }
  | { kind: "checked"; result: CheckResult | null; source: string }
  | { kind: "decided"; run: number; decisions: Decision[]; next: string | null }
  | { kind: "failed"; what: string; why: string };

/* What a worker does with messages; apart from the worker itself, so that it can be tested. */
export class Desk {
  private speech: WebAssembly.Module | null = null;
  private director: WebAssembly.Module | null = null;
  private mics: RoomMic[] = [];
  private rooms: SpeechRoom[] = []; /* of the microphones that hear each other, and of each one apart */
  private wasShow = false;
  private check: Check | null = null;
  private run = 0;
  private direct: DirectorRoom | null = null;
  private next: string | null = null;

  constructor(private readonly post: (message: FromWorker) => void) {}

  take(message: ToWorker): void {
    switch (message.kind) {
      case "open":
        this.speech = message.speech;
        this.director = message.director;
        return this.setMics(this.mics);
      case "mics":
        return this.setMics(message.mics);
      case "sound":
        return this.hear(message);
      case "finish":
        return this.endSpeech(message.t);
      case "check":
        this.check = message.source === null ? null : new Check(message.source);
        return;
      case "direct":
        return this.begin(message);
      case "feed":
        this.direct?.feed(message.line);
        return this.tell();
      case "advance":
        this.direct?.advance(message.now);
        return this.tell();
    }
  }

  /* The same microphones with other gains go on; others begin anew. */
  private setMics(mics: RoomMic[]): void {
    const isSame = this.rooms.length > 0 && mics.length === this.mics.length &&
      mics.every(({ source, isApart }, i) => source === this.mics[i]!.source && isApart === this.mics[i]!.isApart);
    this.mics = mics;
    if (isSame) return groups(mics).forEach((group, i) => this.rooms[i]!.setGains(group));
    this.endSpeech(-Infinity);
    this.openRooms();
  }

  private openRooms(): void {
    const { speech } = this;
    this.rooms = speech ? groups(this.mics).map((group) => new SpeechRoom(speech, group)) : [];
  }

  private hear(message: Extract<ToWorker, { kind: "sound" }>): void {
    /* The show begins: its clock is another, and a voice that speaks already begins now. */
    if (message.isShow !== this.wasShow) {
      this.wasShow = message.isShow;
      this.openRooms();
    }
    if (this.rooms.length === 0)
      return this.post({ kind: "heard", frames: message.mics.map(unheard), edges: [] });
    const sounds = new Map(message.mics.map(({ source, samples }) => [source, samples]));
    const all = this.rooms.map((room) => room.push(message.t, sounds));
    const frames = all.flatMap((heard) => heard.frames);
    const edges = all.flatMap((heard) => heard.edges);
    const heard = new Set(frames.map(({ source }) => source));
    const others = message.mics.filter(({ source }) => !heard.has(source)).map(unheard);
    this.post({ kind: "heard", frames: [...frames, ...others], edges: message.isShow ? edges : [] });
    this.checkOn(frames);
  }

  private endSpeech(t: number): void {
    if (this.rooms.length > 0 && this.wasShow)
      this.post({ kind: "heard", frames: [], edges: this.rooms.flatMap((room) => room.finish(t)) });
  }

  private checkOn(frames: MicFrame[]): void {
    const { check } = this;
    if (!check) return;
    const state = check.push(frames);
    const { source, remainingMs, heardDb } = check;
    if (state === "on") return this.post({ kind: "check", source, remainingMs, heardDb });
    this.check = null;
    this.post({ kind: "checked", source, result: state === "done" ? check.result() : null });
  }

  private begin(message: Extract<ToWorker, { kind: "direct" }>): void {
    this.run = message.run;
    this.direct = null;
    if (!this.director || message.sources.length === 0) return;
    this.direct = new DirectorRoom(this.director, message.sources, message.settings, { lines: message.lines });
    for (const line of message.lines) this.direct.feed(line);
    this.direct.advance(message.now);
    this.next = null;
    this.tell(true);
  }

  private tell(always = false): void {
    if (!this.direct) return;
    const decisions = this.direct.take();
    const next = this.direct.next();
    if (!always && decisions.length === 0 && next === this.next) return;
    this.next = next;
    this.post({ kind: "decided", run: this.run, decisions, next });
  }
}

function groups(mics: readonly RoomMic[]): RoomMic[][] {
  const together = mics.filter(({ isApart }) => !isApart);
  const apart = mics.filter(({ isApart }) => isApart).map((mic) => [mic]);
  return together.length > 0 ? [together, ...apart] : apart;
}

/* A microphone that nobody's voice is looked for in, that of a wide camera say: only its level is
 * shown, and the program's sound goes without it. */
function unheard({ source, samples }: { source: string; samples: Float32Array }): MicFrame {
  return { source, probability: 0, voiceDb: LEVEL_MIN_DB, ...loudness(samples), isSpeaking: false, weight: 0 };
}
