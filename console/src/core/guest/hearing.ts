/* The guest's own microphone: its meter, the sound check, and when they speak. The same worker and the
 * same detector as in the studio, with one microphone. */
import { ClockMap, sentAt, SOUND_CLOCK } from "../capture/clock-map";
import { SOUND_RATE, SOUND_SAMPLES, type SoundMessage } from "../capture/protocol";
import type { Helper } from "../helper";
import { CHECK_MS } from "../speech/check";
import type { Edge } from "../speech/room";
import type { Meter } from "../studio";
import type { FromWorker } from "../worker";
import type { Loudness } from "./guest";

/* The sound of one microphone at a time. */
export interface OwnSound {
  listen(track: MediaStreamTrack | null): void;
  resume(): void;
  close(): void;
}

export interface HearingParts {
  sound: (heard: (message: SoundMessage) => void) => OwnSound;
  helper: (answered: (message: FromWorker) => void) => Helper;
}

export interface HearingHooks {
  edge(edge: Edge): void;
  check(remainingMs: number): void;
  checked(loudness: Loudness): void;
  failed(why: string): void;
}

export const SILENCE: Meter = { levelDb: -100, peakDb: -100, isSpeaking: false };
const QUIET_DB = -50; /* of a voice: as in the studio's sound check */
const LOUD_DB = -10;
const CLIPS_DB = -0.5;

export class Hearing {
  meter: Meter = SILENCE;
  private readonly sound: OwnSound;
  private readonly helper: Helper;
  private readonly times = new ClockMap(SOUND_CLOCK);
  private clock: (() => number | null) | null = null;
  private peakDb = -100; /* of the check */
  private isChecking = false;
  private isClosed = false;

  constructor(
    private readonly source: string,
    parts: HearingParts,
    private readonly hooks: HearingHooks,
  ) {
    this.helper = parts.helper((message) => this.answered(message));
    this.sound = parts.sound((message) => this.hear(message));
    this.tellGain(null);
  }

  listen(track: MediaStreamTrack | null): void {
    this.sound.listen(track);
    this.sound.resume();
    if (!track) this.meter = SILENCE;
  }

  /* From now on who speaks counts: `clock` is the session's, null while it is not known. */
  begin(clock: () => number | null): void {
    this.clock = clock;
    this.sound.resume();
  }

  startCheck(): void {
    this.peakDb = -100;
    this.isChecking = true;
    this.sound.resume();
    this.helper.post({ kind: "check", source: this.source });
    this.hooks.check(CHECK_MS);
  }

  close(): void {
    this.isClosed = true;
    this.sound.close();
    this.helper.close();
  }

  private tellGain(gainDb: number | null): void {
    this.helper.post({ kind: "mics", mics: [{ source: this.source, gainDb, priorityDb: 0 }] });
  }

  private hear({ frame, wall, mics }: SoundMessage): void {
    if (this.isClosed) return;
    const end = ((frame + SOUND_SAMPLES) / SOUND_RATE) * 1000;
    const now = performance.now();
    this.times.feed(end, sentAt(wall));
    const at = this.times.map(end)!;
    const session = this.clock?.() ?? null;
    const t = session === null ? at : session - (now - at);
    const samples = mics[0] ? mono(mics[0].channels) : new Float32Array(SOUND_SAMPLES);
    this.helper.post({ kind: "sound", t, isShow: session !== null, mics: [{ source: this.source, samples }] }, [samples.buffer as ArrayBuffer]);
  }

  private answered(message: FromWorker): void {
    if (this.isClosed) return;
    switch (message.kind) {
      case "heard":
        return this.heard(message);
      case "check":
        return this.hooks.check(message.remainingMs);
      case "checked":
        this.isChecking = false;
        if (message.result) this.tellGain(message.result.gainDb);
        return this.hooks.checked(this.judge(message.result?.gainDb ?? null));
      case "failed":
        return this.hooks.failed(message.why);
      case "decided":
        return;
    }
  }

  private heard({ frames, edges }: Extract<FromWorker, { kind: "heard" }>): void {
    const frame = frames[0];
    if (frame) this.meter = { levelDb: frame.levelDb, peakDb: frame.peakDb, isSpeaking: frame.isSpeaking };
    if (frame && this.isChecking) this.peakDb = Math.max(this.peakDb, frame.peakDb);
    for (const edge of edges) this.hooks.edge(edge);
  }

  private judge(voiceDb: number | null): Loudness {
    if (voiceDb === null) return "unheard";
    if (voiceDb > LOUD_DB || this.peakDb > CLIPS_DB) return "loud";
    return voiceDb < QUIET_DB ? "quiet" : "fine";
  }
}

function mono(channels: Float32Array[]): Float32Array {
  const [left, right] = channels;
  if (!left) return new Float32Array(SOUND_SAMPLES);
  return right ? left.map((sample, i) => (sample + right[i]!) / 2) : left;
}
