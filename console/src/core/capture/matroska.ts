/* Matroska as it grows: a header, then clusters, each whole and of known length, and nothing is ever
 * written again. A file whose writer died is one that ends after its last whole cluster: it has no
 * duration and no index either way, readers take the clusters as they come. Pure.
 *
 * Blocks of a cluster are in the order of time, whatever order they came in: sound and picture leave
 * their encoders at their own pace. A track that falls silent does not hold up the others for long. */
import { join } from "./avc";

export interface TrackSpec {
  kind: "video" | "audio";
  codec: "V_MPEG4/ISO/AVC" | "A_OPUS";
  description: Uint8Array; /* avcC, OpusHead */
  width?: number;
  height?: number;
  rate?: number; /* frames a second as chosen; each frame has its own time all the same */
  channels?: number;
  delayNs?: number; /* CodecDelay */
}

/* A cluster; `until`: file time up to which the file is whole with it. */
export interface Written {
  bytes: Uint8Array;
  until: number;
}

interface Block {
  t: number; /* whole ms */
  track: number; /* from 0 */
  isKey: boolean;
  data: Uint8Array;
}

const CLUSTER_MS = 1000;
const SHORTEST_MS = 400; /* a keyframe ends a cluster that is at least this long */
const WAIT_MS = 700; /* for a track that is behind */

export class MatroskaWriter {
  private blocks: Block[] = [];
  private reached: number[];
  private newest = 0;
  private written = -1; /* time of the newest block that was written */
  private start: number | null = null; /* of the cluster that is being gathered */

  constructor(
    private tracks: readonly TrackSpec[],
    private write: (written: Written) => void,
  ) {
    this.reached = tracks.map(() => -1);
    this.write({ bytes: header(tracks), until: 0 });
  }

  /* `t`: ms in the file. Times of one track rise; below 0 there is nothing. */
  add(track: number, t: number, isKey: boolean, data: Uint8Array): void {
    const time = Math.max(Math.round(t), this.reached[track]! + 1, 0);
    this.reached[track] = time;
    this.newest = Math.max(this.newest, time);
    this.blocks.push({ t: time, track, isKey, data });
    this.start = Math.min(this.start ?? time, time);
    this.gather();
  }

  /* All that is left. */
  end(): void {
    this.flush(Infinity);
  }

  private gather(): void {
    const whole = Math.min(...this.reached);
    const safe = Math.max(whole, this.newest - WAIT_MS);
    if (safe - this.start! < SHORTEST_MS) return;
    const key = this.blocks.find(
      (b) => b.isKey && this.tracks[b.track]!.kind === "video" && b.t <= safe && b.t - this.start! >= SHORTEST_MS,
    );
    if (key) this.flush(key.t);
    else if (safe - this.start! >= CLUSTER_MS) this.flush(safe);
  }

  /* Writes what lies before `end`. */
  private flush(end: number): void {
    const ready = this.blocks.filter((block) => block.t < end);
    this.blocks = this.blocks.filter((block) => block.t >= end);
    this.start = this.blocks.length > 0 ? Math.min(...this.blocks.map((b) => b.t)) : null;
    if (ready.length === 0) return;
    ready.sort((a, b) => a.t - b.t || a.track - b.track);
    this.written = Math.max(this.written, ready[ready.length - 1]!.t);
    this.write({ bytes: cluster(ready), until: this.written });
  }
}

/* ---- EBML (RFC 8794), Matroska (RFC 9559) ---- */

function cluster(blocks: readonly Block[]): Uint8Array {
  const start = blocks[0]!.t;
  const parts = [element(0xe7, unsigned(start))];
  for (const block of blocks) parts.push(element(0xa3, simpleBlock(block, start)));
  return element(0x1f43b675, join(parts));
}

function simpleBlock(block: Block, start: number): Uint8Array {
  const rest = block.t - start;
  const head = Uint8Array.of(0x81 + block.track, (rest >> 8) & 0xff, rest & 0xff, block.isKey ? 0x80 : 0);
  return join([head, block.data]);
}

function header(tracks: readonly TrackSpec[]): Uint8Array {
  const ebml = element(
    0x1a45dfa3,
    element(0x4286, unsigned(1)),
    element(0x42f7, unsigned(1)),
    element(0x42f2, unsigned(4)),
    element(0x42f3, unsigned(8)),
    element(0x4282, text("matroska")),
    element(0x4287, unsigned(4)),
    element(0x4285, unsigned(2)),
  );
  const segment = join([id(0x18538067), Uint8Array.of(0x01, 255, 255, 255, 255, 255, 255, 255)]);
  const info = element(
    0x1549a966,
    element(0x2ad7b1, unsigned(1_000_000)),
    element(0x4d80, text("Crosscut")),
    element(0x5741, text("Crosscut")),
  );
  return join([ebml, segment, info, element(0x1654ae6b, ...tracks.map(trackEntry))]);
}

function trackEntry(track: TrackSpec, index: number): Uint8Array {
  const common = [
    element(0xd7, unsigned(index + 1)),
    element(0x73c5, unsigned(index + 1)),
    element(0x83, unsigned(track.kind === "video" ? 1 : 2)),
    element(0x9c, unsigned(0)),
    element(0x22b59c, text("und")),
    element(0x86, text(track.codec)),
    element(0x63a2, track.description),
  ];
  if (track.kind === "video") {
    const size = [element(0xb0, unsigned(track.width!)), element(0xba, unsigned(track.height!))];
    const frame = element(0x23e383, unsigned(Math.round(1e9 / track.rate!)));
    return element(0xae, ...common, frame, element(0xe0, ...size));
  }
  const sound = [element(0xb5, float(48000)), element(0x9f, unsigned(track.channels!))];
  const delay = [element(0x56aa, unsigned(track.delayNs!)), element(0x56bb, unsigned(80_000_000))];
  return element(0xae, ...common, ...delay, element(0xe1, ...sound));
}

function element(name: number, ...content: Uint8Array[]): Uint8Array {
  const length = content.reduce((sum, part) => sum + part.length, 0);
  return join([id(name), size(length), ...content]);
}

function id(name: number): Uint8Array {
  return unsigned(name);
}

function size(length: number): Uint8Array {
  if (length < 127) return Uint8Array.of(0x80 | length);
  if (length < 16383) return Uint8Array.of(0x40 | (length >> 8), length & 0xff);
  return Uint8Array.of(0x10 | ((length >>> 24) & 0x0f), length >>> 16, length >>> 8, length);
}

function unsigned(value: number): Uint8Array {
  const bytes: number[] = [];
  do {
    bytes.unshift(value % 256);
    value = Math.floor(value / 256);
  } while (value > 0);
  return Uint8Array.from(bytes);
}

function float(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value);
  return bytes;
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}
