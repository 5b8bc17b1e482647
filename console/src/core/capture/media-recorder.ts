/* The engine for browsers without WebCodecs: a MediaRecorder for each source, and one for the program,
 * which is drawn to a canvas as it is seen. It costs an encoder more, the program's cuts lie where
 * they were drawn, and nothing can be cut in the past. */
import type { Engine, EngineSource } from "./engine";
import { partName } from "./parts";
import { ProgramCanvas } from "./program-canvas";
import type { FromWorker, Setup } from "./protocol";
import { disconnect, SoundMix } from "./sound-mix";
import type { Sound } from "./sound";
import type { SourceId } from "../studio";

const SLICE_MS = 1000;
const TYPES = ["video/webm;codecs=vp9,opus", "video/webm;codecs=vp8,opus"];
const SOUND_TYPE = "audio/webm;codecs=opus";

interface Recorded {
  recorder: MediaRecorder;
  tap: Tap | null;
  done: Promise<void>;
}

interface Tap {
  stream: MediaStream;
  close(): void;
}

export function mediaRecorderEngine(sound: Sound, receive: (message: FromWorker) => void): Engine {
  return new MediaRecorderEngine(sound, receive);
}

class MediaRecorderEngine implements Engine {
  private sources = new Map<SourceId, EngineSource>();
  private files = new Map<SourceId | null, Recorded>();
  private parts = new Map<SourceId | null, number>();
  private setup: Setup | null = null;
  private offset = 0; /* session clock less performance.now() */
  private lastFile = 0;
  private canvas: ProgramCanvas | null = null;
  private mix: SoundMix | null = null;
  private shown: MediaStreamTrack | null = null;

  constructor(
    private sound: Sound,
    private receive: (message: FromWorker) => void,
  ) {}

  add(source: EngineSource): void {
    const { source: id } = source.setup;
    this.sources.set(id, source);
    if (source.pictures) source.pictures.use = null; /* its recorder takes them from the track */
    this.canvas?.add(id, source.track);
    if (this.setup) this.record(id, source.track, this.tapOf(id));
  }

  remove(source: SourceId): void {
    this.sources.delete(source);
    this.canvas?.remove(source);
    void this.finish(source);
  }

  setClock(at: number, session: number | null): void {
    if (session !== null) this.offset = session - at;
  }

  setDelivered(): void {
    /* Its recorders take frames by themselves. */
  }

  async start(setup: Setup): Promise<void> {
    this.setup = setup;
    this.parts = new Map(setup.firstPart);
    if (!setup.isLocal) this.startProgram(setup);
    for (const [id, { track }] of this.sources) this.record(id, track, this.tapOf(id));
    if (this.canvas && this.mix) this.record(null, this.canvas.track, { stream: new MediaStream([this.mix.track]), close: () => undefined });
  }

  private startProgram(setup: Setup): void {
    this.mix = new SoundMix(this.sound);
    this.canvas = new ProgramCanvas(setup.format, setup.onAir, (source, decision) =>
      this.receive({ kind: "cut", source, t: this.now(), decision }),
    );
    for (const [id, { track }] of this.sources) this.canvas.add(id, track);
  }

  setMix(weights: ReadonlyMap<SourceId, number>): void {
    this.mix?.set(weights);
  }

  cutTo(source: SourceId, t: number, decision: string | null): void {
    const wait = t === 0 ? 0 : Math.max(0, t - this.now());
    const canvas = this.canvas;
    if (wait === 0) canvas?.cutTo(source, decision);
    else setTimeout(() => canvas?.cutTo(source, decision), wait);
  }

  prepare(): void {
    /* Nothing to prepare: every picture is drawn anew. */
  }

  show(): MediaStreamTrack | null {
    return (this.shown ??= this.canvas?.track.clone() ?? null);
  }

  hide(): void {
    this.shown?.stop();
    this.shown = null;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.files.keys()].map((id) => this.finish(id)));
    this.hide();
    this.canvas?.close();
    this.mix?.close();
    this.canvas = null;
    this.mix = null;
    this.setup = null;
  }

  counts(): null {
    return null;
  }

  close(): void {
    void this.stop();
  }

  private record(source: SourceId | null, track: MediaStreamTrack | null, tap: Tap | null): void {
    const tracks = [...(track ? [track] : []), ...(tap ? tap.stream.getAudioTracks() : [])];
    const type = track ? TYPES.find((each) => MediaRecorder.isTypeSupported(each)) : SOUND_TYPE;
    const part = this.parts.get(source) ?? 1;
    this.parts.set(source, part + 1);
    const name = partName(source, part, "webm", this.setup!.isLocal ? "local" : "iso");
    if (!type || tracks.length === 0) {
      return this.receive({ kind: "failed", name, why: "This browser can record neither VP9 nor VP8." });
    }
    const recorder = new MediaRecorder(new MediaStream(tracks), {
      mimeType: type,
      videoBitsPerSecond: this.setup!.format.videoKbps * 1000,
    });
    const done = this.pass(recorder, name, source, { video: track ? codecOf(type) : "", audio: tap ? "opus" : "" });
    this.files.set(source, { recorder, tap, done });
    recorder.start(SLICE_MS);
  }

  /* From a recorder to its file; resolves when all of it was passed on. */
  private pass(recorder: MediaRecorder, name: string, source: SourceId | null, codecs: { video: string; audio: string }): Promise<void> {
    const file = ++this.lastFile;
    const { receive } = this;
    let passed = Promise.resolve();
    recorder.onstart = () => receive({ kind: "open", file, name, source, start: this.now(), ...codecs });
    recorder.ondataavailable = ({ data }) => {
      const until = this.now();
      passed = passed.then(async () => {
        if (data.size > 0) receive({ kind: "append", file, bytes: new Uint8Array(await data.arrayBuffer()), until });
      });
    };
    recorder.onerror = () => receive({ kind: "failed", name, why: "the browser's recorder gave up." });
    return new Promise((resolve) => {
      recorder.onstop = () => {
        const end = this.now();
        void passed.then(() => {
          receive({ kind: "close", file, end, gaps: [] });
          resolve();
        });
      };
    });
  }

  private async finish(source: SourceId | null): Promise<void> {
    const recorded = this.files.get(source);
    if (!recorded) return;
    this.files.delete(source);
    if (recorded.recorder.state !== "inactive") recorded.recorder.stop();
    await recorded.done;
    recorded.tap?.close();
  }

  private tapOf(source: SourceId): Tap | null {
    const heard = this.sound.heardOn(source);
    if (!heard || this.sources.get(source)?.setup.channels === 0) return null;
    const destination = this.sound.context.createMediaStreamDestination();
    heard.node.connect(destination, heard.output);
    return { stream: destination.stream, close: () => disconnect(heard.node, destination, heard.output) };
  }

  private now(): number {
    return Math.round(performance.now() + this.offset);
  }
}

function codecOf(type: string): string {
  return type.includes("vp9") ? "vp9" : "vp8";
}
