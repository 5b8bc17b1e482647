/* Microphones mixed by the browser, each by its share: a track that others can hear. It follows who
 * comes and goes by itself. */
import type { Sound, SoundTap } from "./sound";
import type { SourceId } from "../studio";

const SMOOTH_S = 0.03;

export class SoundMix implements SoundTap {
  readonly track: MediaStreamTrack;
  private gains = new Map<SourceId, { gain: GainNode; node: AudioNode; output: number }>();
  private destination: MediaStreamAudioDestinationNode;
  private weights: ReadonlyMap<SourceId, number> | null = null;

  /* `has`: whose microphones are in it. */
  constructor(
    private sound: Sound,
    private has: (source: SourceId) => boolean = () => true,
  ) {
    this.destination = sound.context.createMediaStreamDestination();
    this.track = this.destination.stream.getAudioTracks()[0]!;
    sound.tap(this);
  }

  add(source: SourceId, node: AudioNode, output: number): void {
    this.remove(source);
    if (!this.has(source)) return;
    const gain = this.sound.context.createGain();
    node.connect(gain, output);
    gain.connect(this.destination);
    this.gains.set(source, { gain, node, output });
    this.apply();
  }

  remove(source: SourceId): void {
    const known = this.gains.get(source);
    if (!known) return;
    disconnect(known.node, known.gain, known.output);
    known.gain.disconnect();
    this.gains.delete(source);
    this.apply();
  }

  /* 0 … 1 each. Before the first call every microphone has the same. */
  set(weights: ReadonlyMap<SourceId, number>): void {
    this.weights = weights;
    this.apply();
  }

  close(): void {
    this.sound.untap(this);
    for (const source of [...this.gains.keys()]) this.remove(source);
    this.track.stop();
  }

  private apply(): void {
    const now = this.sound.context.currentTime;
    for (const [source, { gain }] of this.gains) {
      const share = this.weights ? (this.weights.get(source) ?? 0) : 1 / this.gains.size;
      gain.gain.setTargetAtTime(share, now, SMOOTH_S);
    }
  }
}

export function disconnect(node: AudioNode, from: AudioNode, output: number): void {
  try {
    node.disconnect(from, output);
  } catch {
    /* Its device went, and took the connection with it. */
  }
}
