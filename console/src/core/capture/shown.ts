/* The program as people elsewhere look at it while it is made: each picture of who is on air as it comes,
 * all of the show's size, on the session clock. It is not delayed by the look-ahead. Lives in the worker,
 * so that a page in the background stops nothing. */
import type { SourceId } from "../studio";

/* Of the track that is seen. */
export type Way = Pick<WritableStreamDefaultWriter<VideoFrame>, "write" | "close" | "desiredSize">;

export class Shown {
  private waiting: { source: SourceId; t: number } | null = null;
  private last = -Infinity;

  constructor(
    private way: Way,
    private resize: (frame: VideoFrame, timestamp: number) => VideoFrame,
    private onAir: SourceId,
  ) {}

  /* From this source's first picture at or after `t` on. */
  cutTo(source: SourceId, t: number): void {
    this.waiting = source === this.onAir ? null : { source, t };
  }

  /* The frame stays the caller's. */
  take(source: SourceId, frame: VideoFrame, t: number): void {
    if (this.waiting?.source === source && t >= this.waiting.t) {
      this.onAir = source;
      this.waiting = null;
    }
    /* One that is held up is left out: who looks on wants the next. */
    if (source !== this.onAir || t <= this.last || (this.way.desiredSize ?? 0) < 0) return;
    this.last = t;
    const sized = this.resize(frame, Math.round(t * 1000));
    this.way.write(sized).catch(() => sized.close());
  }
}

/* A frame of this size with another time, drawn anew only where it has another. */
export function resizer(width: number, height: number): (frame: VideoFrame, timestamp: number) => VideoFrame {
  let canvas: OffscreenCanvas | null = null;
  return (frame, timestamp) => {
    if (frame.displayWidth === width && frame.displayHeight === height) return new VideoFrame(frame, { timestamp });
    canvas ??= new OffscreenCanvas(width, height);
    canvas.getContext("2d", { alpha: false })!.drawImage(frame, 0, 0, width, height);
    return new VideoFrame(canvas, { timestamp });
  };
}
