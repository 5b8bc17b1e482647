import { describe, expect, test } from "vitest";
import { MatroskaWriter, type TrackSpec, type Written } from "./matroska";
import { opusHead } from "./recorded-file";

const VIDEO: TrackSpec = {
  kind: "video", codec: "V_MPEG4/ISO/AVC", description: Uint8Array.of(1, 2, 3), width: 1280, height: 720, rate: 30,
};
const AUDIO: TrackSpec = { kind: "audio", codec: "A_OPUS", description: opusHead(1), channels: 1, delayNs: 6500000 };

interface Block {
  track: number;
  t: number;
  isKey: boolean;
}

/* Blocks of one cluster, read back; throws when it is not a whole one. */
function readCluster(bytes: Uint8Array): Block[] {
  let at = 0;
  const size = (): number => {
    const first = bytes[at]!;
    const length = Math.clz32(first) - 23;
    let value = first & (0xff >> length);
    for (let i = 1; i < length; i++) value = value * 256 + bytes[at + i]!;
    at += length;
    return value;
  };
  expect([...bytes.subarray(0, 4)]).toEqual([0x1f, 0x43, 0xb6, 0x75]);
  at = 4;
  const all = size();
  expect(at + all).toBe(bytes.length);
  expect(bytes[at++]).toBe(0xe7);
  const start = [...bytes.subarray(at + 1, at + 1 + (bytes[at]! & 0x7f))].reduce((sum, byte) => sum * 256 + byte, 0);
  at += 1 + (bytes[at]! & 0x7f);
  const blocks: Block[] = [];
  while (at < bytes.length) {
    expect(bytes[at++]).toBe(0xa3);
    const end = size() + at;
    const rest = ((bytes[at + 1]! << 24) >> 16) | bytes[at + 2]!;
    blocks.push({ track: (bytes[at]! & 0x7f) - 1, t: start + rest, isKey: bytes[at + 3] === 0x80 });
    at = end;
  }
  return blocks;
}

function record(seconds: number, feed: (writer: MatroskaWriter, t: number) => void): { written: Written[]; blocks: Block[][] } {
  const written: Written[] = [];
  const writer = new MatroskaWriter([VIDEO, AUDIO], (each) => written.push(each));
  for (let t = 0; t < seconds * 1000; t++) feed(writer, t);
  writer.end();
  return { written, blocks: written.slice(1).map(({ bytes }) => readCluster(bytes)) };
}

const both = (writer: MatroskaWriter, t: number) => {
  if (t % 33 === 0) writer.add(0, t, t % 990 === 0, new Uint8Array(700));
  if (t % 20 === 0 && t >= 120) writer.add(1, t - 120, true, new Uint8Array(60)); /* 120 ms behind */
};

describe("a recording that grows", () => {
  test("begins with its header", () => {
    const { written } = record(1, both);
    expect([...written[0]!.bytes.subarray(0, 4)]).toEqual([0x1a, 0x45, 0xdf, 0xa3]);
    expect(new TextDecoder("latin1").decode(written[0]!.bytes)).toContain("OpusHead");
  });

  test("has every block once, and in the order of time", () => {
    const { blocks } = record(20, both);
    const all = blocks.flat();
    expect(all.filter((b) => b.track === 0)).toHaveLength(Math.ceil(20000 / 33));
    expect(all.filter((b) => b.track === 1)).toHaveLength(Math.floor((20000 - 120) / 20));
    expect(all.map((b) => b.t)).toEqual(all.map((b) => b.t).sort((a, b) => a - b));
  });

  test("is written in pieces of about a second that say how far they reach", () => {
    const { written, blocks } = record(20, both);
    for (const [i, cluster] of blocks.entries()) {
      const times = cluster.map((b) => b.t);
      expect(Math.max(...times) - Math.min(...times)).toBeLessThanOrEqual(1100);
      expect(written[i + 1]!.until).toBe(Math.max(...times));
    }
  });

  test("begins clusters with keyframes where it can", () => {
    const { blocks } = record(20, both);
    const firsts = blocks.slice(1, -1).map((cluster) => cluster.find((b) => b.track === 0)!);
    expect(firsts.every((b) => b.isKey)).toBe(true);
  });

  test("goes on with sound when the picture stands still", () => {
    const written: Written[] = [];
    const writer = new MatroskaWriter([VIDEO, AUDIO], (each) => written.push(each));
    writer.add(0, 0, true, new Uint8Array(10));
    for (let t = 0; t < 10000; t += 20) writer.add(1, t, true, new Uint8Array(10));
    expect(written[written.length - 1]!.until).toBeGreaterThan(8000);
  });

  test("keeps the times of a track rising when they are too close to tell apart", () => {
    const { blocks } = record(1, (writer, t) => {
      if (t % 100 === 0) for (const part of [0, 0.1, 0.2]) writer.add(0, t + part, t === 0, new Uint8Array(1));
    });
    const times = blocks.flat().map((b) => b.t);
    expect(new Set(times).size).toBe(30);
  });
});
