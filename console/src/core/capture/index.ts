/* Capture as a whole: sources are opened and watched here, recorded by an engine, kept by the spool. */
import type { Capture, CaptureEvents, CaptureSource, CaptureStart, RoomSound, SoundFrames } from "../capture";
import type { Format, SourceId } from "../studio";
import { ClockMap, sentAt, SOUND_CLOCK } from "./clock-map";
import type { Engine } from "./engine";
import { mediaRecorderEngine } from "./media-recorder";
import { SOUND_RATE, SOUND_SAMPLES, type Counts, type FromWorker, type SoundMessage } from "./protocol";
import { Sound } from "./sound";
import { SoundMix } from "./sound-mix";
import { LiveSource } from "./live-source";
import { playTogether } from "./play-together";
import { Spooling } from "./spooling";
import { canUseWebCodecs, webCodecsEngine } from "./webcodecs";

const CLOCK_MS = 250;
const GESTURES = ["pointerdown", "keydown"]; /* after which browsers let sound begin */

export function createCapture(format: Format, events: CaptureEvents): Capture {
  return new StudioCapture(format, events);
}

export class StudioCapture implements Capture {
  private sound = new Sound((message) => this.heard(message));
  private sources = new Map<SourceId, LiveSource>();
  private order: SourceId[] = [];
  private soundListeners = new Set<(frames: SoundFrames) => void>();
  private soundClock = new ClockMap(SOUND_CLOCK);
  private spooling: Spooling | null = null;
  private clock: (() => number) | null = null;
  private shows = 0;
  private changing: Promise<void> = Promise.resolve();
  private timer = setInterval(() => this.tellTime(), CLOCK_MS);
  private devicesChanged = () => void this.reopen();
  private touched = () => void this.play();
  private engine: Engine | null = null;
  private liveAddress: string | null = null;
  private room: { program: SoundMix; voices: SoundMix } | null = null;
  private guests = new Set<SourceId>();
  private shown: MediaStreamTrack | null = null;

  constructor(
    private format: Format,
    private events: CaptureEvents,
  ) {
    navigator.mediaDevices?.addEventListener("devicechange", this.devicesChanged);
    for (const event of GESTURES) document.addEventListener(event, this.touched);
  }

  setSources(sources: CaptureSource[]): Promise<void> {
    return this.inTurn(() => this.change(sources));
  }

  setFormat(format: Format): Promise<void> {
    return this.inTurn(async () => {
      if (this.clock) throw new Error("The format cannot change while a show is recorded.");
      const isOther = format.recorder !== this.format.recorder;
      this.format = format;
      if (isOther) this.engine?.close();
      if (isOther) this.engine = null;
      const engine = await this.ready();
      for (const source of this.sources.values()) await source.setFormat(format, isOther ? engine : null);
    });
  }

  setMix(weights: ReadonlyMap<SourceId, number>): void {
    this.engine?.setMix(weights);
    this.room?.program.set(weights);
    this.room?.voices.set(weights);
  }

  onSound(listener: (frames: SoundFrames) => void): () => void {
    this.soundListeners.add(listener);
    return () => this.soundListeners.delete(listener);
  }

  start(options: CaptureStart): Promise<void> {
    return this.inTurn(async () => {
      const engine = await this.ready();
      this.sound.resume();
      this.shows++;
      this.clock = options.clock;
      this.spooling = new Spooling(options.file, this.events);
      this.tellTime();
      const firstPart = [null, ...this.order].map((id): [SourceId | null, number] => [id, options.firstPart(id)]);
      const { onAir, lookAheadMs, format, isLocal = false } = options;
      try {
        await engine.start({ format, onAir, lookAheadMs, firstPart, isLocal });
      } catch (error) {
        this.clock = this.spooling = null;
        throw error;
      }
    });
  }

  /* What the engine counted in the last recording: for tests and measurements. */
  counts(): Counts | null {
    return this.engine?.counts() ?? null;
  }

  cutTo(source: SourceId, t: number, decision: string | null): void {
    this.engine?.cutTo(source, t, decision);
  }

  prepare(source: SourceId): void {
    this.engine?.prepare(source);
  }

  setLive(address: string | null): boolean {
    if (address !== this.liveAddress) this.engine?.setLive?.(address);
    this.liveAddress = address;
    return !this.engine || this.engine.setLive !== undefined;
  }

  openRoom(): RoomSound {
    const { sound } = this;
    this.room ??= { program: new SoundMix(sound), voices: new SoundMix(sound, (source) => !this.guests.has(source)) };
    return { program: this.room.program.track, voices: this.room.voices.track };
  }

  closeRoom(): void {
    this.room?.program.close();
    this.room?.voices.close();
    this.room = null;
    this.hideProgram();
  }

  showProgram(): MediaStreamTrack | null {
    if (this.clock && !this.shown) this.shown = this.engine?.show?.() ?? null;
    return this.shown;
  }

  hideProgram(): void {
    if (this.shown) this.engine?.hide?.();
    this.shown = null;
  }

  stop(): Promise<void> {
    return this.inTurn(async () => {
      if (!this.clock) return;
      this.hideProgram();
      await this.engine?.stop();
      await this.spooling?.settled();
      this.clock = null;
      this.spooling = null;
    });
  }

  close(): void {
    clearInterval(this.timer);
    navigator.mediaDevices?.removeEventListener("devicechange", this.devicesChanged);
    for (const event of GESTURES) document.removeEventListener(event, this.touched);
    for (const source of this.sources.values()) source.close();
    this.closeRoom();
    this.engine?.close();
    this.sound.close();
  }

  private async change(sources: CaptureSource[]): Promise<void> {
    const engine = await this.ready();
    const wanted = new Set(sources.map((source) => source.id));
    for (const [id, source] of this.sources) {
      if (wanted.has(id)) continue;
      source.close();
      this.sources.delete(id);
    }
    this.order = sources.map((source) => source.id);
    this.guests = new Set(sources.filter(({ picture }) => picture.kind === "guest").map(({ id }) => id));
    for (const wish of sources) {
      const known = this.sources.get(wish.id) ?? new LiveSource(wish.id, this.format, this.sound, engine, this.events);
      this.sources.set(wish.id, known);
      await known.change(wish);
    }
    await this.play();
  }

  private async play(): Promise<void> {
    this.sound.resume();
    await playTogether([...this.sources.values()].flatMap((source) => source.sample ?? []), this.clock !== null);
  }

  private async reopen(): Promise<void> {
    await this.inTurn(async () => {
      for (const source of this.sources.values()) await source.reopen();
      await this.play();
    });
  }

  private heard({ frame, wall, mics }: SoundMessage): void {
    const end = ((frame + SOUND_SAMPLES) / SOUND_RATE) * 1000;
    const now = performance.now();
    this.soundClock.feed(end, sentAt(wall));
    const at = this.soundClock.map(end)!;
    const t = this.clock ? this.clock() - (now - at) : at;
    const frames = { t, mics: mics.map(({ source, channels }) => ({ source, samples: mono(channels) })) };
    for (const listener of this.soundListeners) listener(frames);
  }

  private receive(message: FromWorker): void {
    switch (message.kind) {
      case "open": return this.spooling?.open(message);
      case "append": return this.spooling?.append(message);
      case "close": return this.spooling?.close(message);
      case "cut": return this.events.cut({ source: message.source, t: message.t, decision: message.decision });
      case "trouble": return this.sources.get(message.source)?.frames(message.why);
      case "reduced": return this.events.reduced(message.text);
      case "failed": return this.events.failed(message.name, message.why);
      case "took":
      case "stopped":
        return;
    }
  }

  private async ready(): Promise<Engine> {
    if (!this.engine) {
      this.engine = await this.newEngine();
      this.engine.setLive?.(this.liveAddress);
    }
    return this.engine;
  }

  private async newEngine(): Promise<Engine> {
    const receive = (message: FromWorker) => this.receive(message);
    if (this.format.recorder === "mediarecorder") return mediaRecorderEngine(this.sound, receive);
    if (await canUseWebCodecs(this.format)) return webCodecsEngine(this.sound, receive);
    this.events.reduced("This browser cannot encode H.264 by itself: the show is recorded as VP9, which costs this machine more.");
    return mediaRecorderEngine(this.sound, receive);
  }

  private tellTime(): void {
    this.engine?.setClock(performance.now(), this.clock ? this.clock() : null, this.shows);
    for (const { id, delivered } of this.sources.values()) {
      if (delivered !== null) this.engine?.setDelivered(id, delivered);
    }
  }

  /* Changes wait for each other: devices open slowly. */
  private inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.changing.then(work);
    this.changing = done.catch(() => undefined);
    return done;
  }
}

function mono(channels: Float32Array[]): Float32Array {
  const [left, right] = channels;
  if (!right) return left!;
  return left!.map((sample, i) => (sample + right[i]!) / 2);
}
