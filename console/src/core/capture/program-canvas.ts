/* The program as it is drawn: each picture of the source on air, whole, in the middle of black. */
import type { Format, SourceId } from "../studio";

const BLACK_MS = 100; /* without any picture yet, black is drawn this often */

export class ProgramCanvas {
  readonly track: MediaStreamTrack;
  private canvas = document.createElement("canvas");
  private context: CanvasRenderingContext2D;
  private videos = new Map<SourceId, HTMLVideoElement>();
  private waiting: { source: SourceId; decision: string | null } | null = null;
  private timer = setInterval(() => this.drawnOnce || this.context.fillRect(0, 0, 1, 1), BLACK_MS);
  private drawnOnce = false;

  /* `shown`: the first picture of a shot was drawn just now. */
  constructor(
    format: Format,
    private onAir: SourceId,
    private shown: (source: SourceId, decision: string | null) => void,
  ) {
    this.canvas.width = format.width;
    this.canvas.height = format.height;
    this.context = this.canvas.getContext("2d", { alpha: false })!;
    this.track = this.canvas.captureStream(format.rate).getVideoTracks()[0]!;
  }

  add(source: SourceId, track: MediaStreamTrack | null): void {
    this.remove(source);
    if (!track) return;
    const video = document.createElement("video");
    video.muted = true;
    video.srcObject = new MediaStream([track]);
    this.videos.set(source, video);
    void video.play().catch(() => undefined);
    const next = () => {
      if (this.videos.get(source) !== video) return;
      this.picture(source, video);
      video.requestVideoFrameCallback(next);
    };
    video.requestVideoFrameCallback(next);
  }

  remove(source: SourceId): void {
    const video = this.videos.get(source);
    if (!video) return;
    this.videos.delete(source);
    video.srcObject = null;
  }

  cutTo(source: SourceId, decision: string | null): void {
    this.waiting = { source, decision };
  }

  close(): void {
    clearInterval(this.timer);
    for (const source of [...this.videos.keys()]) this.remove(source);
    this.track.stop();
  }

  private picture(source: SourceId, video: HTMLVideoElement): void {
    const isNew = this.waiting?.source === source;
    if (!isNew && source !== this.onAir) return;
    this.draw(video);
    if (!isNew) return;
    const { decision } = this.waiting!;
    this.waiting = null;
    this.onAir = source;
    this.shown(source, decision);
  }

  private draw(video: HTMLVideoElement): void {
    const { width, height } = this.canvas;
    const scale = Math.min(width / video.videoWidth, height / video.videoHeight);
    const w = video.videoWidth * scale;
    const h = video.videoHeight * scale;
    this.drawnOnce = true;
    if (w < width - 1 || h < height - 1) this.context.fillRect(0, 0, width, height);
    this.context.drawImage(video, (width - w) / 2, (height - h) / 2, w, h);
  }
}
