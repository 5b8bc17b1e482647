/* The sound check: one person talks alone for five seconds. What their own mic hears of them is its
 * gain, fixed for the show; what the other mics hear says how well they are apart. */
import type { MicFrame } from "./room";
import { FRAME_MS } from "./room";

export const CHECK_MS = 5000;
export const WAIT_MS = 12000; /* for a first word */
const VOICE = 0.5;
const LEAST_FRAMES = 30; /* about a second of voice: less says nothing */

/* Level of a person's voice in each mic. */
export type Voice = Record<string, number>;

export interface CheckResult {
  source: string;
  gainDb: number;
  voice: Voice;
}

export class Check {
  private elapsedMs = 0;
  private isHeard = false;
  private frames = 0;
  private sums = new Map<string, number>();

  constructor(readonly source: string) {}

  get remainingMs(): number {
    return this.isHeard ? Math.max(0, CHECK_MS - this.elapsedMs) : CHECK_MS;
  }

  get heardDb(): number | null {
    return this.frames > 0 ? this.sums.get(this.source)! / this.frames : null;
  }

  /* "on": more is needed. The clock runs from the first word. */
  push(frames: readonly MicFrame[]): "on" | "done" | "unheard" {
    const own = frames.find(({ source }) => source === this.source);
    if (own && own.probability >= VOICE) {
      if (!this.isHeard) this.elapsedMs = 0;
      this.isHeard = true;
      this.frames++;
      for (const { source, voiceDb } of frames) this.sums.set(source, (this.sums.get(source) ?? 0) + voiceDb);
    }
    this.elapsedMs += FRAME_MS;
    if (!this.isHeard) return this.elapsedMs < WAIT_MS ? "on" : "unheard";
    if (this.elapsedMs < CHECK_MS) return "on";
    return this.frames >= LEAST_FRAMES ? "done" : "unheard";
  }

  result(): CheckResult {
    const voice: Voice = {};
    for (const [source, sum] of this.sums) voice[source] = sum / this.frames;
    return { source: this.source, gainDb: voice[this.source]!, voice };
  }
}

/* How much quieter the loudest of the others is in this mic than its own person; null while the
 * checks so far do not say. */
export function isolation(mic: string, voices: Readonly<Record<string, Voice>>): number | null {
  const own = voices[mic]?.[mic];
  if (own === undefined) return null;
  let least: number | null = null;
  for (const [person, voice] of Object.entries(voices)) {
    const heard = voice[mic];
    if (person === mic || heard === undefined) continue;
    if (least === null || own - heard < least) least = own - heard;
  }
  return least;
}

export const ISOLATION_LEAST_DB = 4;
