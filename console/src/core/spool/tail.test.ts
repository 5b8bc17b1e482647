import { describe, expect, it } from "vitest";
import { KEEP_BYTES, MOST_BYTES, Tail } from "./tail";

const numbers = (from: number, count: number) => Uint8Array.from({ length: count }, (_, i) => from + i);

describe("what storage has no room for", () => {
  it("is read across its parts, from anywhere", () => {
    const tail = new Tail(100);
    tail.push(numbers(100, 10));
    tail.push(numbers(110, 5));
    tail.push(numbers(115, 20));
    expect([...tail.read(100, 100)]).toEqual([...numbers(100, 35)]);
    expect([...tail.read(108, 9)]).toEqual([...numbers(108, 9)]);
    expect([...tail.read(112, 2)]).toEqual([112, 113]);
    expect(tail.read(99, 5)).toHaveLength(0);
    expect(tail.read(135, 5)).toHaveLength(0);
    expect(tail.end).toBe(135);
  });

  it("stays whole while it is small, so that it can go into storage later", () => {
    const tail = new Tail(0);
    tail.push(numbers(0, 10));
    tail.release(10);
    expect([tail.from, tail.bytes]).toEqual([0, 10]);
  });

  it("lets go of what the server has when it grows large, and of nothing else", () => {
    const tail = new Tail(0);
    const part = KEEP_BYTES / 2;
    for (let i = 0; i < 4; i++) tail.push(new Uint8Array(part));
    tail.release(part + 1);
    expect([tail.from, tail.bytes]).toEqual([part, 3 * part]);
    tail.release(4 * part);
    expect([tail.from, tail.bytes]).toEqual([2 * part, 2 * part]);
  });

  it("has an end", () => {
    const tail = new Tail(0);
    tail.push(new Uint8Array(MOST_BYTES - 10));
    expect([tail.hasRoomFor(10), tail.hasRoomFor(11)]).toEqual([true, false]);
  });

  it("gives itself up part by part", () => {
    const tail = new Tail(7);
    tail.push(numbers(0, 3));
    tail.push(numbers(3, 2));
    expect(tail.first()).toEqual(numbers(0, 3));
    tail.shift();
    expect([tail.from, tail.bytes, tail.isEmpty]).toEqual([10, 2, false]);
    tail.shift();
    tail.shift();
    expect([tail.from, tail.bytes, tail.isEmpty]).toEqual([12, 0, true]);
  });
});
