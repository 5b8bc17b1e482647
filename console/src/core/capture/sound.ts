/* The sound of all microphones in one AudioContext, so that all of it is on one clock. */
import workletUrl from "./sound-worklet.ts?worker&url";
import { SOUND_RATE, type SoundMessage } from "./protocol";
import type { SoundSlot, ToWorklet } from "./sound-worklet";
import type { SourceId } from "../studio";

const MOST_MICS = 32;

/* Hears of each source's microphone: where it is heard, and that it went. */
export interface SoundTap {
  add(source: SourceId, node: AudioNode, output: number): void;
  remove(source: SourceId): void;
}

export class Sound {
  readonly context = new AudioContext({ sampleRate: SOUND_RATE, latencyHint: "balanced" });
  private node: Promise<AudioWorkletNode>;
  private slots: (SoundSlot | null)[] = new Array<SoundSlot | null>(MOST_MICS).fill(null);
  private inputs = new Map<SourceId, { node: AudioNode; output: number; slot: number }>();
  private taps = new Set<SoundTap>();

  constructor(listener: (message: SoundMessage) => void) {
    this.node = this.open(listener);
  }

  /* Browsers let sound begin only after a click, or once a microphone was granted; until then what
   * resume() promises stays open, so nobody waits for it. */
  resume(): void {
    if (this.context.state === "suspended") void this.context.resume().catch(() => undefined);
  }

  /* `output` of `node` is this source's microphone from now on. */
  async connect(source: SourceId, node: AudioNode, output: number, channels: 1 | 2): Promise<void> {
    const worklet = await this.node;
    await this.disconnect(source);
    const slot = this.slots.indexOf(null);
    if (slot < 0) throw new Error(`No more than ${MOST_MICS} microphones can be heard at once.`);
    this.slots[slot] = { source, channels };
    this.inputs.set(source, { node, output, slot });
    node.connect(worklet, output, slot);
    this.tell(worklet, { slots: this.slots });
    for (const tap of this.taps) tap.add(source, node, output);
  }

  async disconnect(source: SourceId): Promise<void> {
    const worklet = await this.node;
    const input = this.inputs.get(source);
    if (!input) return;
    for (const tap of this.taps) tap.remove(source);
    input.node.disconnect(worklet, input.output, input.slot);
    this.inputs.delete(source);
    this.slots[input.slot] = null;
    this.tell(worklet, { slots: this.slots });
  }

  /* The node and output that a source is heard on; null when it has no sound. */
  heardOn(source: SourceId): { node: AudioNode; output: number } | null {
    return this.inputs.get(source) ?? null;
  }

  /* From now on; begins with those that are there. */
  tap(tap: SoundTap): void {
    this.taps.add(tap);
    for (const [source, { node, output }] of this.inputs) tap.add(source, node, output);
  }

  untap(tap: SoundTap): void {
    this.taps.delete(tap);
  }

  /* Another listener, which need not be on this thread. */
  async addPort(port: MessagePort): Promise<void> {
    this.tell(await this.node, { port }, [port]);
  }

  close(): void {
    void this.context.close();
  }

  private async open(listener: (message: SoundMessage) => void): Promise<AudioWorkletNode> {
    const { context } = this;
    /* Nothing is played: without a loudspeaker the context runs on the machine's own clock. */
    await context.setSinkId?.({ type: "none" }).catch(() => undefined);
    await context.audioWorklet.addModule(workletUrl);
    const node = new AudioWorkletNode(context, "sound-frames", {
      numberOfInputs: MOST_MICS,
      numberOfOutputs: 1,
      outputChannelCount: [1],
      channelCount: 2,
      channelCountMode: "max",
      channelInterpretation: "discrete",
    });
    node.port.onmessage = ({ data }: MessageEvent<SoundMessage>) => listener(data);
    node.connect(context.destination);
    return node;
  }

  private tell(node: AudioWorkletNode, message: ToWorklet, transfer: Transferable[] = []): void {
    node.port.postMessage(message, transfer);
  }
}
