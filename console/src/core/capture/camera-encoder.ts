/* One camera's encoder, which serves its own recording and the program. Keyframes come when they are
 * asked for, and at least every so often. */
import { avcCodec } from "./avc";
import { Pace } from "./load";
import type { Chunk } from "./program";

export interface EncoderSpec {
  width: number;
  height: number;
  rate: number;
  kbps: number;
  keyEveryMs: number;
}

export interface EncoderEvents {
  chunk(chunk: Chunk): void;
  /* A frame was taken, or dropped because the encoder is behind. */
  frame(isDropped: boolean): void;
  failed(why: string): void;
}

const MOST_WAITING = 4;

export class CameraEncoder {
  frames = 0;
  dropped = 0;
  private encoder: VideoEncoder;
  private description = new Uint8Array();
  private pace: Pace;
  private share = 1;
  private wantsKey = true;
  private lastKey = -Infinity;
  private last = -Infinity;
  private hasFailed = false;
  private isSoftware = false;
  private isEnded = false;

  constructor(
    private spec: EncoderSpec,
    private events: EncoderEvents,
  ) {
    this.pace = new Pace(spec.rate);
    this.encoder = this.open();
  }

  askKeyframe(): void {
    this.wantsKey = true;
  }

  setEffort(bitrate: number, rate: number): void {
    this.pace.setRate(this.spec.rate * rate);
    if (bitrate === this.share || this.hasFailed) return;
    this.share = bitrate;
    this.encoder.configure(this.config());
  }

  /* Whether the frame of this moment is wanted: not one too many a second, and not while the encoder
   * is behind. To be asked before any work is put into it. */
  takes(t: number): boolean {
    if (this.hasFailed || t <= this.last + 1 || !this.pace.takes(t)) return false;
    const isBehind = this.encoder.encodeQueueSize > MOST_WAITING;
    this.frames++;
    if (isBehind) this.dropped++;
    this.events.frame(isBehind);
    return !isBehind;
  }

  /* Frames were lost before they came here: this machine is behind. */
  lose(frames: number): void {
    this.frames += frames;
    this.dropped += frames;
    for (let i = 0; i < frames; i++) this.events.frame(true);
  }

  /* Takes the frame. `t`: session clock. */
  encode(frame: VideoFrame, t: number): void {
    if (this.isEnded) return frame.close(); /* it was still being brought to size */
    const timed = new VideoFrame(frame, { timestamp: Math.round(t * 1000) });
    frame.close();
    this.last = t;
    const keyFrame = this.wantsKey || t - this.lastKey >= this.spec.keyEveryMs;
    if (keyFrame) {
      this.wantsKey = false;
      this.lastKey = t;
    }
    try {
      this.encoder.encode(timed, { keyFrame });
    } catch (error) {
      this.fail(error as Error);
    } finally {
      timed.close();
    }
  }

  async end(): Promise<void> {
    this.isEnded = true;
    if (this.encoder.state !== "configured") return;
    await this.encoder.flush().catch(() => undefined);
    if (this.encoder.state === "configured") this.encoder.close();
  }

  private open(): VideoEncoder {
    const encoder = new VideoEncoder({
      output: (chunk, metadata) => this.output(chunk, metadata),
      error: (error) => this.fail(error),
    });
    encoder.configure(this.config());
    return encoder;
  }

  private config(): VideoEncoderConfig {
    const { width, height, rate, kbps } = this.spec;
    return {
      codec: avcCodec(width, height, rate),
      width,
      height,
      framerate: rate,
      bitrate: Math.round(kbps * 1000 * this.share),
      latencyMode: "realtime",
      avc: { format: "avc" },
      hardwareAcceleration: this.isSoftware ? "prefer-software" : "no-preference",
    };
  }

  private output(encoded: EncodedVideoChunk, metadata?: EncodedVideoChunkMetadata): void {
    const description = metadata?.decoderConfig?.description;
    if (description) this.description = bytesOf(description);
    const data = new Uint8Array(encoded.byteLength);
    encoded.copyTo(data);
    const t = encoded.timestamp / 1000;
    this.events.chunk({ t, isKey: encoded.type === "key", data, description: this.description });
  }

  /* Graphics chips encode only so many streams, and some give up in the middle of one: then this
   * camera goes on in software. */
  private fail(error: Error): void {
    if (this.hasFailed) return;
    if (this.isSoftware) {
      this.hasFailed = true;
      this.events.failed(`its encoder gave up: ${error.message}`);
      return;
    }
    this.isSoftware = true;
    this.wantsKey = true;
    if (this.encoder.state !== "closed") this.encoder.close();
    this.encoder = this.open();
  }
}

function bytesOf(source: AllowSharedBufferSource): Uint8Array<ArrayBuffer> {
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice();
  return new Uint8Array(source).slice();
}
