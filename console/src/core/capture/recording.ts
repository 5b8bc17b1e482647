/* A show while it is recorded: encoders, files, and the program between them. Lives in the worker. */
import type { Camera } from "./camera";
import { CameraEncoder } from "./camera-encoder";
import { ClockMap, SOUND_CLOCK, type SessionClock } from "./clock-map";
import { Load } from "./load";
import { Mixer } from "./mix";
import { partName } from "./parts";
import { Normaliser, sharedColour, type Look } from "./picture";
import { Program } from "./program";
import { SOUND_RATE, SOUND_SAMPLES, type Counts, type FromWorker, type Setup, type SoundMessage, type SourceSetup } from "./protocol";
import { RecordedFile, type SoundPacket } from "./recorded-file";
import { resizer, Shown, type Way } from "./shown";
import { SoundEncoder } from "./sound-encoder";
import { LiveSender } from "../live-sender";
import type { SourceId } from "../studio";

interface Track {
  setup: SourceSetup;
  camera: Camera | null;
  pictures: CameraEncoder | null;
  sound: SoundEncoder | null;
  file: RecordedFile;
}

/* Shares are known about this many frames of sound after the sound they belong to. */
const MIX_LATE = 3;
const KEY_EVERY_MS = 2000;
const KEY_EVERY_AHEAD_MS = 1000;

export class Recording {
  private tracks = new Map<SourceId, Track>();
  private parts: Map<SourceId | null, number>;
  private look: Look;
  private load = new Load();
  private program: Program | null = null; /* a phone's own recording has none */
  private programFile: RecordedFile | null = null;
  private programSound: SoundEncoder | null = null;
  private programPackets: SoundPacket[] = [];
  private programFrames = 0;
  private live: LiveSender | null = null;
  private shown: Shown | null = null;
  private onAir: SourceId; /* as it was decided last */
  private mixer = new Mixer();
  private unmixed: SoundMessage[] = [];
  private soundClock = new ClockMap(SOUND_CLOCK);
  private lastFile = 0;
  private counts: Counts["cameras"] = {};
  private isEnding = false;

  constructor(
    private setup: Setup,
    cameras: readonly Camera[],
    private clock: SessionClock,
    private post: (message: FromWorker) => void,
  ) {
    const { width, height } = setup.format;
    this.look = { width, height, colour: sharedColour(cameras.flatMap((camera) => camera.colour ?? [])) };
    this.parts = new Map(setup.firstPart);
    this.onAir = setup.onAir;
    if (!setup.isLocal) this.beginProgram();
  }

  /* A source's recording begins, or goes on in a new part. */
  add(setup: SourceSetup, camera: Camera | null): void {
    const file = this.newFile(setup.source, setup.hasPicture, setup.channels);
    const sound = setup.channels === 0 ? null : this.newSound(setup.channels, file, (packet) => file.addSound(packet));
    const track: Track = { setup, camera, pictures: null, sound, file };
    this.tracks.set(setup.source, track);
    if (camera) this.encode(track, camera);
  }

  /* The source went: what it gave until now is written, and its file ends. */
  async remove(source: SourceId): Promise<void> {
    const track = this.tracks.get(source);
    if (!track) return;
    this.tracks.delete(source);
    await this.endTrack(track);
    this.program?.forget(source);
  }

  cutTo(source: SourceId, t: number, decision: string | null): void {
    this.program?.cutTo(source, t, decision, this.now());
    this.onAir = source;
    this.shown?.cutTo(source, t);
  }

  /* The program goes there too, as it is put together; null: nowhere. */
  setLive(address: string | null): void {
    this.live?.close();
    this.live = address !== null && this.program ? new LiveSender(address, this.setup.format) : null;
  }

  /* The program is looked at there too; null: nowhere. */
  setShown(way: Way | null): void {
    const { width, height } = this.setup.format;
    this.shown = way && this.program ? new Shown(way, resizer(width, height), this.onAir) : null;
  }

  prepare(source: SourceId): void {
    this.tracks.get(source)?.pictures?.askKeyframe();
  }

  /* So many of a camera's frames never came here. */
  lost(source: SourceId, frames: number): void {
    this.tracks.get(source)?.pictures?.lose(frames);
  }

  setMix(weights: ReadonlyMap<SourceId, number>): void {
    this.mixer.setWeights(weights);
  }

  /* `at`: when it was sent, on our clock. */
  sound(message: SoundMessage, at: number): void {
    this.soundClock.feed(((message.frame + SOUND_SAMPLES) / SOUND_RATE) * 1000, at);
    for (const mic of message.mics) this.tracks.get(mic.source)?.sound?.encode(mic.channels, message.frame);
    if (this.program) this.unmixed.push(message);
    while (this.unmixed.length > MIX_LATE) this.mixOne();
  }

  /* About ten times a second. */
  tick(): void {
    const now = this.now();
    this.program?.advance(now);
    this.writeProgramSound(now - this.setup.lookAheadMs);
  }

  async end(): Promise<Counts> {
    this.isEnding = true;
    await Promise.all([...this.tracks.values()].map((track) => this.endTrack(track)));
    while (this.unmixed.length > 0) this.mixOne();
    await this.programSound?.end();
    this.program?.end();
    this.writeProgramSound(Infinity);
    this.programFile?.close();
    this.live?.close();
    return { cameras: this.counts, programFrames: this.programFrames };
  }

  private beginProgram(): void {
    const file = this.newFile(null, true, 2);
    this.programFile = file;
    this.programSound = this.newSound(2, file, (packet) => this.programPackets.push(packet));
    this.program = new Program(this.setup.onAir, this.setup.lookAheadMs, {
      chunk: (_source, chunk) => {
        this.programFrames++;
        file.addPicture(chunk);
        this.live?.picture(chunk);
      },
      cut: (cut) => this.post({ kind: "cut", ...cut, t: Math.round(cut.t) }),
      askKeyframe: (source) => this.prepare(source),
    });
  }

  private encode(track: Track, camera: Camera): void {
    const { source, keepsWhole } = track.setup;
    const { width, height, rate, videoKbps } = this.setup.format;
    const keyEveryMs = this.setup.lookAheadMs > 0 ? KEY_EVERY_AHEAD_MS : KEY_EVERY_MS;
    const encoder = new CameraEncoder({ width, height, rate, kbps: videoKbps, keyEveryMs }, {
      chunk: (chunk) => {
        track.file.addPicture(chunk);
        this.program?.feed(source, chunk, this.now());
      },
      frame: (isDropped) => this.loaded(isDropped),
      failed: (why) => this.post({ kind: "failed", name: track.file.spec.name, why }),
    });
    const effort = this.load.effort();
    encoder.setEffort(effort.bitrate, effort.rate);
    const normaliser = new Normaliser(this.look, keepsWhole);
    track.pictures = encoder;
    camera.use = async (frame, at) => {
      const t = this.clock.session(at);
      if (this.isEnding || !encoder.takes(t)) return frame.close();
      const whole = await normaliser.normalise(frame);
      this.shown?.take(source, whole, t);
      encoder.encode(whole, t);
    };
  }

  private async endTrack(track: Track): Promise<void> {
    if (track.camera) track.camera.use = null;
    await Promise.all([track.pictures?.end(), track.sound?.end()]);
    if (track.pictures) {
      const { frames, dropped } = track.pictures;
      const before = this.counts[track.setup.source] ?? { frames: 0, dropped: 0 };
      this.counts[track.setup.source] = { frames: before.frames + frames, dropped: before.dropped + dropped };
    }
    track.file.close();
  }

  private loaded(isDropped: boolean): void {
    if (!this.load.frame(isDropped, performance.now())) return;
    const { bitrate, rate, text } = this.load.effort();
    for (const track of this.tracks.values()) track.pictures?.setEffort(bitrate, rate);
    this.post({ kind: "reduced", text });
  }

  private mixOne(): void {
    const message = this.unmixed.shift()!;
    this.programSound?.encode(this.mixer.mix(message.mics, SOUND_SAMPLES), message.frame);
  }

  /* The program's pictures come late by the look-ahead: its sound waits for them. */
  private writeProgramSound(until: number): void {
    while (this.programPackets.length > 0 && this.programPackets[0]!.t <= until) {
      const packet = this.programPackets.shift()!;
      this.programFile?.addSound(packet);
      this.live?.sound(packet);
    }
  }

  private newFile(source: SourceId | null, hasPicture: boolean, channels: 0 | 1 | 2): RecordedFile {
    const { width, height, rate } = this.setup.format;
    const part = this.parts.get(source) ?? 1;
    this.parts.set(source, part + 1);
    const name = partName(source, part, "mkv", this.setup.isLocal ? "local" : "iso");
    const size = hasPicture ? { width, height, rate } : null;
    return new RecordedFile({ file: ++this.lastFile, name, source, size, channels }, this.post);
  }

  private newSound(channels: 1 | 2, file: RecordedFile, use: (packet: SoundPacket) => void): SoundEncoder {
    return new SoundEncoder(
      channels,
      (contextMs, data) => use({ t: this.clock.session(this.soundClock.map(contextMs)!), data }),
      (why) => this.post({ kind: "failed", name: file.spec.name, why }),
    );
  }

  private now(): number {
    return this.clock.session(performance.now());
  }
}
