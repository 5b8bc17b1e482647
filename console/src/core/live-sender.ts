/* The program's packets to the server, on a WebSocket of their own (docs/API.md, Live). Recording knows
 * nothing of it: when the way is slow or down, pictures are left out up to the next keyframe, and
 * the way is opened again. Lives in the worker that records. */
import { avcCodec } from "./capture/avc";
import type { Chunk } from "./capture/program";
import { opusHead, type SoundPacket } from "./capture/recorded-file";
import { Backoff } from "./upload/backoff";

export interface LiveFormat {
  width: number;
  height: number;
  rate: number;
}

/* What is used of a WebSocket. */
export interface Way {
  binaryType: string;
  readonly readyState: number;
  readonly bufferedAmount: number;
  onopen: (() => void) | null;
  onclose: ((event: { code: number }) => void) | null;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(): void;
}

const OPEN = 1;
const TAKEN = 4001; /* another console sends the program now */
const MOST_BYTES = 4 << 20; /* that wait in the browser: beyond, pictures are left out … */
const FEW_BYTES = 512 << 10; /* … until no more than so many do */
const HEAD_BYTES = 16;
const CONFIG = 1;
const PACKET = 2;
const PICTURE = 1;
const SOUND = 2;

/* `t`: ms on the session clock. */
export function liveFrame(type: number, stream: number, body: Uint8Array, t = 0, isKey = false): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(HEAD_BYTES + body.length);
  const view = new DataView(frame.buffer);
  frame.set([1, type, isKey ? 1 : 0, stream]);
  view.setBigUint64(8, BigInt(Math.max(0, Math.round(t * 1000))));
  frame.set(body, HEAD_BYTES);
  return frame;
}

export function liveConfig(stream: number, codec: string, description: Uint8Array, format: LiveFormat | null): Uint8Array<ArrayBuffer> {
  const name = new TextEncoder().encode(codec);
  const body = new Uint8Array(1 + name.length + 6 + description.length);
  const view = new DataView(body.buffer);
  body[0] = name.length;
  body.set(name, 1);
  view.setUint16(1 + name.length, format?.width ?? 0);
  view.setUint16(3 + name.length, format?.height ?? 0);
  view.setUint16(5 + name.length, Math.round((format?.rate ?? 0) * 100));
  body.set(description, 7 + name.length);
  return liveFrame(CONFIG, stream, body);
}

export class LiveSender {
  private way: Way | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private backoff = new Backoff();
  private needsKey = true;
  private said: Uint8Array | null = null; /* the avcC that the server has */
  private isClosed = false;

  constructor(
    private address: string,
    private format: LiveFormat,
    private open: (address: string) => Way = (address) => new WebSocket(address) as unknown as Way,
  ) {
    this.connect();
  }

  picture(chunk: Chunk): void {
    if (!this.isOpen()) return;
    const { bufferedAmount } = this.way!;
    this.needsKey ||= bufferedAmount > MOST_BYTES;
    if (this.needsKey && (!chunk.isKey || bufferedAmount > FEW_BYTES)) return;
    this.needsKey = false;
    if (chunk.isKey) this.describe(chunk.description);
    this.way!.send(liveFrame(PACKET, PICTURE, chunk.data, chunk.t, chunk.isKey));
  }

  sound(packet: SoundPacket): void {
    if (this.isOpen() && this.way!.bufferedAmount <= MOST_BYTES) this.way!.send(liveFrame(PACKET, SOUND, packet.data, packet.t, true));
  }

  close(): void {
    this.isClosed = true;
    if (this.timer) clearTimeout(this.timer);
    this.way?.close();
  }

  private isOpen(): boolean {
    return this.way?.readyState === OPEN;
  }

  private connect(): void {
    const way = this.open(this.address);
    way.binaryType = "arraybuffer";
    this.way = way;
    way.onopen = () => {
      this.backoff.reset();
      this.needsKey = true;
      this.said = null;
      way.send(liveConfig(SOUND, "opus", opusHead(2), null));
    };
    way.onclose = ({ code }) => {
      if (this.isClosed || code === TAKEN) return;
      this.timer = setTimeout(() => this.connect(), this.backoff.next());
    };
  }

  private describe(avcC: Uint8Array): void {
    if (this.said?.length === avcC.length && this.said.every((byte, i) => byte === avcC[i])) return;
    const { width, height, rate } = this.format;
    this.said = avcC.slice();
    this.way!.send(liveConfig(PICTURE, avcCodec(width, height, rate), this.said, this.format));
  }
}
