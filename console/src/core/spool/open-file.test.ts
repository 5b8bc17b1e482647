import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { OpenFile, type Handle } from "./open-file";
import { KEEP_BYTES, MOST_BYTES } from "./tail";

/* Storage that holds so many bytes and no more. */
class Disk {
  room = Infinity;
  bytes = Buffer.alloc(0);
  isOpen = true;

  handle(): Handle {
    return {
      read: (into, { at }) => {
        if (!this.isOpen) throw new Error("closed");
        into.set(this.bytes.subarray(at, at + into.length));
        return into.length;
      },
      write: (bytes, { at }) => {
        const fits = Math.min(bytes.length, this.room - at);
        if (fits <= 0) throw new DOMException("full", "QuotaExceededError");
        this.bytes = Buffer.concat([this.bytes.subarray(0, at), bytes.subarray(0, fits)]);
        return fits;
      },
      truncate: (size) => void (this.bytes = this.bytes.subarray(0, size)),
      getSize: () => this.bytes.length,
      flush: () => {},
      close: () => void (this.isOpen = false),
    };
  }
}

const filled = (length: number, value: number) => new Uint8Array(length).fill(value);

function open(room: number) {
  const disk = new Disk();
  const state = new Disk();
  disk.room = room;
  return { disk, state, file: new OpenFile({ data: disk.handle(), state: state.handle() }) };
}

describe("a file that storage has no room for", () => {
  it("grows on in memory, and is read as one", () => {
    const { disk, file } = open(25);
    for (let i = 1; i <= 4; i++) file.append(filled(10, i), i * 1000);
    expect([disk.bytes.length, file.bytes, file.memoryBytes]).toEqual([20, 40, 20]);
    expect([...file.read(10, 100)]).toEqual([...filled(10, 2)]);
    expect([...file.read(25, 100)]).toEqual([...filled(5, 3), ...filled(10, 4)]);
    expect(file.read(40, 10)).toHaveLength(0);
  });

  it("says of storage only what is in it, so that the next visit is not told more", () => {
    const { state, file } = open(25);
    for (let i = 1; i <= 4; i++) file.append(filled(10, i), i * 1000);
    expect([...new Float64Array(new Uint8Array(state.bytes).buffer)]).toEqual([2000, 0, 1]);
  });

  it("goes into storage when there is room again, and its sum is that of all of it", () => {
    const { disk, state, file } = open(25);
    for (let i = 1; i <= 4; i++) file.append(filled(10, i), i * 1000);
    disk.room = Infinity;
    file.append(filled(10, 5), 5000);
    expect([file.memoryBytes, file.bytes]).toEqual([0, 50]);
    const whole = Buffer.concat([1, 2, 3, 4, 5].map((i) => filled(10, i)));
    expect(disk.bytes.equals(whole)).toBe(true);
    expect(file.close()).toBe(createHash("sha256").update(whole).digest("hex"));
    expect([...new Float64Array(new Uint8Array(state.bytes).buffer)]).toEqual([5000, 1, 0]);
    expect(disk.isOpen).toBe(false);
  });

  it("is read after its end, until it is let go", () => {
    const { disk, file } = open(15);
    for (let i = 1; i <= 3; i++) file.append(filled(10, i), i * 1000);
    file.close();
    expect([...file.read(0, 10)]).toEqual([...filled(10, 1)]);
    expect([...file.read(20, 10)]).toEqual([...filled(10, 3)]);
    file.letGo();
    expect(disk.isOpen).toBe(false);
  });

  it("stays in memory once something between storage and it was let go", () => {
    const { disk, file } = open(5);
    const part = KEEP_BYTES / 2;
    for (let i = 1; i <= 4; i++) file.append(filled(part, i), i);
    file.release(3 * part);
    expect([file.bytes, file.memoryBytes]).toEqual([4 * part, 2 * part]);
    disk.room = Infinity;
    file.append(filled(10, 5), 5);
    expect(disk.bytes.length).toBe(0);
    expect(file.read(0, 10)).toHaveLength(0);
    expect(file.read(3 * part, 1)[0]).toBe(4);
  });

  it("needs no storage at all", () => {
    const file = new OpenFile(null);
    file.append(filled(10, 1), 1000);
    expect([file.bytes, file.memoryBytes]).toEqual([10, 10]);
    expect(file.close()).toBe(createHash("sha256").update(filled(10, 1)).digest("hex"));
    expect([...file.read(0, 99)]).toEqual([...filled(10, 1)]);
  });

  it("refuses what memory does not take, and is the same as before", () => {
    const { file } = open(0);
    file.append(filled(MOST_BYTES, 1), 1000);
    expect(() => file.append(filled(1, 2), 2000)).toThrow(/memory is full/);
    expect([file.bytes, file.until]).toEqual([MOST_BYTES, 1000]);
  });
});
