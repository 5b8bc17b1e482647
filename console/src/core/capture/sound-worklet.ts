/* Gathers the sound of every microphone, of the very same moments, into frames of 32 ms. One input for
 * each microphone; one that gives nothing is silence, so that all stay in step. */
import type { SourceId } from "../studio";
import type { SoundMessage } from "./protocol";

const SAMPLES = 1536; /* twelve quanta of 128: SOUND_SAMPLES */

export interface SoundSlot {
  source: SourceId;
  channels: 1 | 2;
}

/* To the worklet: who is at which input, or another port that is to have the sound too. */
export type ToWorklet = { slots: (SoundSlot | null)[] } | { port: MessagePort };

class SoundFrames extends AudioWorkletProcessor {
  private slots: (SoundSlot | null)[] = [];
  private ports: MessagePort[] = [];
  private buffers = new Map<SoundSlot, Float32Array[]>();
  private filled = 0;

  constructor() {
    super();
    this.ports.push(this.port);
    this.port.onmessage = ({ data }: MessageEvent<ToWorklet>) => {
      if ("port" in data) this.ports.push(data.port);
      else this.setSlots(data.slots);
    };
  }

  process(inputs: Float32Array[][]): boolean {
    const length = 128;
    this.slots.forEach((slot, i) => {
      if (!slot) return;
      const input = inputs[i] ?? [];
      this.buffers.get(slot)!.forEach((buffer, c) => {
        const sound = input[c] ?? input[0];
        if (sound) buffer.set(sound, this.filled);
      });
    });
    this.filled += length;
    if (this.filled === SAMPLES) this.send(currentFrame + length - SAMPLES);
    return true;
  }

  private setSlots(slots: (SoundSlot | null)[]): void {
    const before = this.buffers;
    this.slots = slots;
    this.buffers = new Map();
    for (const slot of slots) if (slot) this.buffers.set(slot, before.get(slot) ?? silence(slot.channels));
  }

  private send(frame: number): void {
    const wall = Date.now();
    for (const port of this.ports) {
      const message: SoundMessage = { frame, wall, mics: [] };
      for (const [slot, channels] of this.buffers) message.mics.push({ source: slot.source, channels });
      port.postMessage(message); /* copies: the buffers are ours */
    }
    for (const channels of this.buffers.values()) for (const buffer of channels) buffer.fill(0);
    this.filled = 0;
  }
}

function silence(channels: number): Float32Array[] {
  return Array.from({ length: channels }, () => new Float32Array(SAMPLES));
}

registerProcessor("sound-frames", SoundFrames);
