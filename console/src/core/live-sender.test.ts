import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Chunk } from "./capture/program";
import { LiveSender, type Way } from "./live-sender";

class FakeWay implements Way {
  binaryType = "";
  readyState = 0;
  bufferedAmount = 0;
  onopen: (() => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  sent: Uint8Array[] = [];
  isClosed = false;

  send(data: Uint8Array<ArrayBuffer>): void {
    this.sent.push(data.slice());
  }
  close(): void {
    this.isClosed = true;
  }
  comes(): void {
    this.readyState = 1;
    this.onopen?.();
  }
  goes(code = 1006): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }
}

const FORMAT = { width: 1280, height: 720, rate: 30 };
let ways: FakeWay[] = [];
const open = () => {
  const way = new FakeWay();
  ways.push(way);
  return way;
};
const chunk = (t: number, isKey = false, description = Uint8Array.of(1, 2, 3)): Chunk => ({ t, isKey, data: Uint8Array.of(7, 8), description });
/* "C1" a configuration of stream 1, "K" a keyframe, "p" another picture, "s" sound. */
const kinds = (way: FakeWay) =>
  way.sent.map((f) => (f[1] === 1 ? `C${f[3]}` : f[3] === 2 ? "s" : f[2] === 1 ? "K" : "p")).join(" ");

beforeEach(() => {
  ways = [];
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

function started(): [LiveSender, FakeWay] {
  const sender = new LiveSender("wss://x/program", FORMAT, open);
  ways[0]!.comes();
  return [sender, ways[0]!];
}

describe("the program's packets", () => {
  test("begin with what they are, and with a keyframe", () => {
    const [sender, way] = started();
    sender.picture(chunk(0));
    sender.picture(chunk(33, true));
    sender.picture(chunk(66));
    sender.sound({ t: 70, data: Uint8Array.of(9) });
    expect(kinds(way)).toBe("C2 C1 K p s");
  });

  test("have the layout of docs/API.md", () => {
    const [sender, way] = started();
    sender.picture(chunk(1234.5, true));
    const packet = way.sent[2]!;
    const view = new DataView(packet.buffer, packet.byteOffset);
    expect([...packet.slice(0, 4)]).toEqual([1, 2, 1, 1]);
    expect(view.getUint32(4)).toBe(0);
    expect(view.getBigUint64(8)).toBe(1234500n);
    expect([...packet.slice(16)]).toEqual([7, 8]);
    const config = way.sent[1]!;
    const length = config[16]!;
    const sizes = new DataView(config.buffer, config.byteOffset + 17 + length);
    expect(new TextDecoder().decode(config.slice(17, 17 + length))).toBe("avc1.42001f");
    expect([sizes.getUint16(0), sizes.getUint16(2), sizes.getUint16(4)]).toEqual([1280, 720, 3000]);
    expect([...config.slice(17 + length + 6)]).toEqual([1, 2, 3]);
  });

  test("say what they are again where that changes", () => {
    const [sender, way] = started();
    sender.picture(chunk(0, true));
    sender.picture(chunk(1000, true));
    sender.picture(chunk(2000, true, Uint8Array.of(1, 2, 4)));
    expect(kinds(way)).toBe("C2 C1 K K C1 K");
  });

  test("are left out up to a keyframe when the way is slow", () => {
    const [sender, way] = started();
    sender.picture(chunk(0, true));
    way.bufferedAmount = 5 << 20;
    sender.picture(chunk(33));
    sender.sound({ t: 40, data: Uint8Array.of(9) });
    sender.picture(chunk(66, true)); /* still too much waits */
    way.bufferedAmount = 0;
    sender.picture(chunk(99));
    sender.picture(chunk(132, true));
    sender.picture(chunk(165));
    expect(kinds(way)).toBe("C2 C1 K K p");
  });

  test("go on over a new way, from a keyframe", () => {
    const [sender, way] = started();
    sender.picture(chunk(0, true));
    way.goes();
    sender.picture(chunk(33, true)); /* nowhere to go */
    vi.advanceTimersByTime(1000);
    expect(ways).toHaveLength(2);
    ways[1]!.comes();
    sender.picture(chunk(66));
    sender.picture(chunk(99, true));
    expect(kinds(ways[1]!)).toBe("C2 C1 K");
  });

  test("stop when another console sends them, or nobody wants them", () => {
    const [, way] = started();
    way.goes(4001);
    vi.advanceTimersByTime(60_000);
    expect(ways).toHaveLength(1);
    const second = new LiveSender("wss://x/program", FORMAT, open);
    second.close();
    ways[1]!.goes();
    vi.advanceTimersByTime(60_000);
    expect(ways).toHaveLength(2);
    expect(ways[1]!.isClosed).toBe(true);
  });
});
