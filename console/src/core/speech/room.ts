/* speech.wasm, one instance for the microphones of one show: 32 ms of sound of each in, who speaks
 * out. What it exports is said in src/speech/wasm.c. */

export const FRAME_SAMPLES = 1536;
export const FRAME_MS = 32;
export const LEVEL_MIN_DB = -100;
/* The clock was corrected when it goes back further than its own jitter. */
const PUT_BACK_MS = 250;
/* Of a mic whose person was not checked: as loud as a voice usually is. */
const USUAL_GAIN_DB = -30;

interface Exports {
  memory: WebAssembly.Memory;
  init(mics: number): number;
  input(mic: number): number;
  frame(mic: number): number;
  listen(mic: number): void;
  set_mic(mic: number, gain: number, priority: number, neverSpeaks: number): void;
  share_push(t: number): number;
  share_finish(t: number): number;
  edges(): number;
  weight_db(mic: number): number;
  active(mic: number): number;
}

export interface RoomMic {
  source: string;
  gainDb: number | null;
  priorityDb: number;
  isApart?: boolean; /* in a room of its own: it hears nobody else, and takes no voice from the others */
}

export interface Edge {
  source: string;
  isStart: boolean;
  t: number;
  edge: number;
}

export interface MicFrame {
  source: string;
  probability: number; /* that a voice is heard */
  voiceDb: number; /* 200–4000 Hz */
  levelDb: number;
  peakDb: number;
  isSpeaking: boolean;
  weight: number; /* gain share, linear 0 … 1 */
}

/* Gains for all: of who was not checked, the middle of those who were. */
export function gainsFor(mics: readonly RoomMic[]): number[] {
  const known = mics.flatMap(({ gainDb }) => (gainDb === null ? [] : [gainDb])).sort((a, b) => a - b);
  const middle = known.length > 0 ? known[known.length >> 1]! : USUAL_GAIN_DB;
  return mics.map(({ gainDb }) => gainDb ?? middle);
}

const toDb = (amplitude: number) => Math.max(LEVEL_MIN_DB, 20 * Math.log10(amplitude || 1e-9));

export class SpeechRoom {
  private readonly x: Exports;
  private readonly silence = new Float32Array(FRAME_SAMPLES);
  /* Time within the room only goes on: `t` and what was lost when the clock was put back. */
  private lastT = -Infinity;
  private ahead = 0;

  constructor(
    module: WebAssembly.Module,
    readonly mics: readonly RoomMic[],
  ) {
    this.x = new WebAssembly.Instance(module, {}).exports as unknown as Exports;
    if (this.x.init(mics.length) !== 1) throw new Error(`the speech room cannot hold ${mics.length} microphones`);
    this.setGains(mics);
  }

  setGains(mics: readonly RoomMic[]): void {
    gainsFor(mics).forEach((gain, mic) => this.x.set_mic(mic, gain, mics[mic]!.priorityDb, 0));
  }

  /* Sound that ends at `t`; a mic without sound is silent. */
  push(t: number, sounds: ReadonlyMap<string, Float32Array>): { frames: MicFrame[]; edges: Edge[] } {
    const { x } = this;
    this.advance(t);
    const loud = this.mics.map(({ source }, mic) => {
      const samples = sounds.get(source) ?? this.silence;
      new Float32Array(x.memory.buffer, x.input(mic), FRAME_SAMPLES).set(samples.subarray(0, FRAME_SAMPLES));
      x.listen(mic);
      return loudness(samples);
    });
    const edges = this.edges(x.share_push(this.lastT));
    const frames = this.mics.map(({ source }, mic) => {
      const [probability, voiceDb] = new Float32Array(x.memory.buffer, x.frame(mic), 2);
      return {
        source,
        probability: probability!,
        voiceDb: voiceDb!,
        ...loud[mic]!,
        isSpeaking: x.active(mic) !== 0,
        weight: Math.min(1, 10 ** (x.weight_db(mic) / 20)),
      };
    });
    return { frames, edges };
  }

  /* Whoever speaks stops. */
  finish(t: number): Edge[] {
    this.advance(t);
    return this.edges(this.x.share_finish(this.lastT));
  }

  /* A clock that was ahead and was put right must not leave the room waiting until it is there again:
   * the room goes on in steps of a frame, and says its times by the clock as it is now. */
  private advance(t: number): void {
    const time = Math.round(t) + this.ahead;
    if (Number.isFinite(time) && time < this.lastT - PUT_BACK_MS) {
      this.ahead += this.lastT + FRAME_MS - time;
      this.lastT += FRAME_MS;
    } else this.lastT = Math.max(time, this.lastT + 1);
  }

  private edges(count: number): Edge[] {
    const view = new DataView(this.x.memory.buffer, this.x.edges(), 24 * count);
    return Array.from({ length: count }, (_, i) => ({
      source: this.mics[view.getInt32(24 * i, true)]!.source,
      isStart: view.getInt32(24 * i + 4, true) !== 0,
      t: view.getFloat64(24 * i + 8, true) - this.ahead,
      edge: view.getFloat64(24 * i + 16, true) - this.ahead,
    }));
  }
}

export function loudness(samples: Float32Array): { levelDb: number; peakDb: number } {
  let sum = 0;
  let peak = 0;
  for (const sample of samples) {
    sum += sample * sample;
    peak = Math.max(peak, Math.abs(sample));
  }
  return { levelDb: toDb(Math.sqrt(sum / (samples.length || 1))), peakDb: toDb(peak) };
}
