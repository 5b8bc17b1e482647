/* A recording that is played as a camera. captureStream() looks at an element now and then, and says of
 * what it sees only when it looked: late by up to two pictures, on a busy page by more. So each picture
 * is taken with its own moment of the recording, and gets the time at which the sound of that moment is
 * heard: picture and sound lie to each other as in the recording, however busy the page is. */
import { ClockMap, SOUND_CLOCK } from "./clock-map";

/* Where a browser cannot do that, the stream is all there is. */
export function playedPictures(element: HTMLVideoElement): PlayedPictures | null {
  const canBe = typeof MediaStreamTrackGenerator !== "undefined" && "requestVideoFrameCallback" in element;
  return canBe ? new PlayedPictures(element) : null;
}

const JUMPS = ["playing", "seeked"]; /* after which the recording's clock is another */

export class PlayedPictures {
  /* To be looked at. It forgets the times. */
  readonly track = new MediaStreamTrackGenerator({ kind: "video" });
  /* Takes each picture, to record it: its timestamp is performance.now() of this page. */
  use: ((frame: VideoFrame) => void) | null = null;
  private writer = this.track.writable.getWriter();
  private clock = new ClockMap(SOUND_CLOCK); /* of the recording: it goes on as its sound is heard */
  private last = -Infinity;
  private isClosed = false;

  constructor(private element: HTMLVideoElement) {
    for (const event of JUMPS) element.addEventListener(event, this.jumped);
    this.next();
  }

  close(): void {
    this.isClosed = true;
    for (const event of JUMPS) this.element.removeEventListener(event, this.jumped);
    void this.writer.close().catch(() => undefined);
  }

  private jumped = (): void => void (this.clock = new ClockMap(SOUND_CLOCK));

  private next(): void {
    this.element.requestVideoFrameCallback(() => {
      if (this.isClosed) return;
      this.take();
      this.next();
    });
  }

  private take(): void {
    if (this.element.seeking || this.element.paused) return;
    this.clock.feed(this.element.currentTime * 1000, performance.now());
    const frame = new VideoFrame(this.element); /* whose timestamp is its moment of the recording */
    const at = this.clock.map(frame.timestamp / 1000)!;
    if (at > this.last) {
      this.last = at;
      this.use?.(new VideoFrame(frame, { timestamp: Math.round(at * 1000) }));
    }
    this.writer.write(frame).catch(() => frame.close());
  }
}
