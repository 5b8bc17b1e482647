/* One recording while it grows: when it begins, what goes into it, where it has holes. */
import { OneHeader } from "./avc";
import { MatroskaWriter, type TrackSpec } from "./matroska";
import type { Chunk } from "./program";
import type { FromWorker } from "./protocol";
import type { SourceId } from "../studio";

export interface SoundPacket {
  t: number; /* session clock */
  data: Uint8Array;
}

export interface FileSpec {
  file: number;
  name: string;
  source: SourceId | null;
  size: { width: number; height: number; rate: number } | null; /* null: no picture */
  channels: 0 | 1 | 2;
}

const GAP_MS = 500; /* without a frame for longer is a hole */
const BACKLOG_MS = 2000;
const PRE_SKIP = 312; /* libopus' delay at 48 kHz: RFC 7845, 5.1 */

export class RecordedFile {
  private writer: MatroskaWriter | null = null;
  private start = 0;
  private end = 0;
  private lastPicture = 0;
  private avcC = new Uint8Array();
  private header = new OneHeader(this.avcC);
  private early: SoundPacket[] = []; /* sound that came before the first picture */
  private gaps: [number, number][] = [];

  constructor(
    readonly spec: FileSpec,
    private post: (message: FromWorker) => void,
  ) {}

  addPicture(chunk: Chunk): void {
    if (this.writer === null) {
      if (!chunk.isKey) return;
      this.avcC = chunk.description.slice();
      this.header = new OneHeader(this.avcC);
      this.open(chunk.t);
    }
    const t = chunk.t - this.start;
    if (t - this.lastPicture > GAP_MS) this.gaps.push([Math.round(this.lastPicture), Math.round(t)]);
    this.lastPicture = t;
    this.end = Math.max(this.end, chunk.t);
    this.writer!.add(0, t, chunk.isKey, this.header.fit(chunk.data, chunk.isKey, chunk.description));
  }

  addSound(packet: SoundPacket): void {
    if (this.writer === null && this.spec.size === null) this.open(packet.t);
    if (this.writer !== null) return this.writeSound(packet);
    this.early.push(packet);
    while (this.early[0]!.t < packet.t - BACKLOG_MS) this.early.shift();
  }

  close(): void {
    if (this.writer === null) return; /* nothing ever came */
    this.writer.end();
    this.post({ kind: "close", file: this.spec.file, end: Math.round(this.end), gaps: this.gaps });
  }

  private open(start: number): void {
    const { file, name, source, size, channels } = this.spec;
    this.start = start;
    this.end = start;
    this.post({
      kind: "open", file, name, source, start: Math.round(start),
      video: size ? "h264" : "", audio: channels > 0 ? "opus" : "",
    });
    this.writer = new MatroskaWriter(this.tracks(), ({ bytes, until }) =>
      this.post({ kind: "append", file, bytes, until: Math.round(start + until) }),
    );
    for (const packet of this.early) this.writeSound(packet);
    this.early = [];
  }

  private tracks(): TrackSpec[] {
    const { size, channels } = this.spec;
    const tracks: TrackSpec[] = [];
    if (size) tracks.push({ kind: "video", codec: "V_MPEG4/ISO/AVC", description: this.avcC, ...size });
    if (channels > 0) {
      const delayNs = Math.round((PRE_SKIP / 48000) * 1e9);
      tracks.push({ kind: "audio", codec: "A_OPUS", description: opusHead(channels), channels, delayNs });
    }
    return tracks;
  }

  private writeSound({ t, data }: SoundPacket): void {
    if (t < this.start) return;
    this.end = Math.max(this.end, t + 20);
    this.writer!.add(this.spec.size ? 1 : 0, t - this.start, true, data);
  }
}

/* RFC 7845, 5.1. */
export function opusHead(channels: number): Uint8Array {
  const head = new Uint8Array(19);
  head.set(new TextEncoder().encode("OpusHead"));
  const view = new DataView(head.buffer);
  view.setUint8(8, 1);
  view.setUint8(9, channels);
  view.setUint16(10, PRE_SKIP, true);
  view.setUint32(12, 48000, true);
  return head;
}
