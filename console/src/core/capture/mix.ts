/* The program's sound: each microphone by its share. Pure. */
import type { SourceId } from "../studio";

export interface MicFrame {
  source: SourceId;
  channels: Float32Array[]; /* one or two, of equal length */
}

/* How far a share may move within a frame of 32 ms: from nothing to all of it in 96 ms, so that it
 * is never heard as a click. */
const STEP = 1 / 3;

export class Mixer {
  private wanted: ReadonlyMap<SourceId, number> | null = null;
  private shares = new Map<SourceId, number>();

  /* 0 … 1 each. Before the first call every microphone has the same. */
  setWeights(weights: ReadonlyMap<SourceId, number>): void {
    this.wanted = weights;
  }

  /* Two channels, as long as the microphones' frames; silence without any. */
  mix(mics: MicFrame[], samples: number): [Float32Array, Float32Array] {
    const left = new Float32Array(samples);
    const right = new Float32Array(samples);
    for (const mic of mics) {
      const target = this.target(mic.source, mics.length);
      const from = this.shares.get(mic.source) ?? target;
      const to = from + Math.max(-STEP, Math.min(STEP, target - from));
      this.shares.set(mic.source, to);
      addRamp(left, mic.channels[0]!, from, to);
      addRamp(right, mic.channels[1] ?? mic.channels[0]!, from, to);
    }
    return [left, right];
  }

  private target(source: SourceId, count: number): number {
    if (this.wanted === null) return 1 / count;
    return Math.max(0, Math.min(1, this.wanted.get(source) ?? 0));
  }
}

function addRamp(sum: Float32Array, sound: Float32Array, from: number, to: number): void {
  const n = Math.min(sum.length, sound.length);
  const step = (to - from) / n;
  for (let i = 0; i < n; i++) sum[i]! += sound[i]! * (from + step * (i + 1));
}
