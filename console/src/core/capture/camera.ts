/* One source's pictures as they come: read all the time, so that what they look like is known before
 * a show begins, and handed on while one runs. */
import { ClockMap } from "./clock-map";
import { Missing } from "./load";
import { NoPictureError } from "./picture";
import type { SourceSetup } from "./protocol";

export interface CameraEvents {
  lost(frames: number): void; /* on their way from the camera to here */
  trouble(why: string | null): void;
  ended(): void;
}

const SILENT_MS = 1500;
const ENDING_MS = 2000;

export class Camera {
  colour: VideoColorSpaceInit | null = null; /* of the newest frame */
  /* Takes the frame when it is set. `at`: when it was taken, on our clock. */
  use: ((frame: VideoFrame, at: number) => void | Promise<void>) | null = null;
  private clock = new ClockMap(); /* of the device */
  private reader: ReadableStreamDefaultReader<VideoFrame> | null;
  private taking: Promise<void> = Promise.resolve();
  private seen = performance.now();
  private arrived = 0;
  private missing = new Missing();
  private why: string | null = null;

  constructor(
    readonly setup: SourceSetup,
    frames: ReadableStream<VideoFrame> | null, /* null: they come by push() */
    private events: CameraEvents,
    private pageClock: Pick<ClockMap, "map">,
  ) {
    this.reader = frames?.getReader() ?? null;
    if (this.reader) void this.read(this.reader);
  }

  /* Takes the frame; resolves when it has done with it. */
  push(frame: VideoFrame): Promise<void> {
    return (this.taking = this.taking.then(() => this.takeIfCan(frame)));
  }

  /* To be called now and then: says so when no frames come. A screen that does not change sends none. */
  watch(): void {
    if (this.setup.keepsWhole || performance.now() - this.seen < SILENT_MS) return;
    this.say("No pictures come from this camera. Check its cable, or whether another program uses it.");
  }

  delivered(frames: number): void {
    const lost = this.missing.lost(frames, this.arrived);
    if (lost > 0) this.events.lost(lost);
  }

  /* Most often the track ends with it: then the frames that are on their way still come, and are closed. */
  close(): void {
    this.use = null;
    setTimeout(() => void this.reader?.cancel().catch(() => undefined), ENDING_MS);
  }

  private async read(reader: ReadableStreamDefaultReader<VideoFrame>): Promise<void> {
    for (;;) {
      const { value: frame, done } = await reader.read().catch(() => ({ value: undefined, done: true as const }));
      if (done || !frame) break;
      await this.takeIfCan(frame);
    }
    this.events.ended();
  }

  private async takeIfCan(frame: VideoFrame): Promise<void> {
    try {
      await this.take(frame);
    } catch (error) {
      if (!(error instanceof NoPictureError)) throw error;
      this.say(error.message);
    }
  }

  private async take(frame: VideoFrame): Promise<void> {
    const now = performance.now();
    const at = this.timeOf(frame, now);
    this.seen = now;
    this.arrived++;
    this.colour = frame.colorSpace;
    if (this.why !== null && frame.format !== null) this.say(null);
    if (this.use === null || at === null) return frame.close();
    await this.use(frame, at);
  }

  /* When it was taken, on our clock; null: not known yet. */
  private timeOf({ timestamp }: VideoFrame, now: number): number | null {
    if (this.setup.isTimed) return this.pageClock.map(timestamp / 1000);
    this.clock.feed(timestamp / 1000, now);
    return this.clock.map(timestamp / 1000);
  }

  private say(why: string | null): void {
    if (why === this.why) return;
    this.why = why;
    this.events.trouble(why);
  }
}
