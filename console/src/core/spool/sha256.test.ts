import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { Sha256 } from "./sha256";

function bytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7919 + (i >> 3)) & 255);
}

function expected(data: Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

test("is that of the published examples", () => {
  const text = (s: string) => new TextEncoder().encode(s);
  expect(new Sha256().hex()).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  expect(new Sha256().update(text("abc")).hex()).toBe(
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});

test("is right at every length around the blocks", () => {
  for (let length = 0; length <= 200; length++) {
    expect(new Sha256().update(bytes(length)).hex()).toBe(expected(bytes(length)));
  }
});

test("does not depend on how the bytes are split", () => {
  const data = bytes(1000);
  for (const step of [1, 3, 63, 64, 65, 127, 999]) {
    const sum = new Sha256();
    for (let at = 0; at < data.length; at += step) sum.update(data.subarray(at, at + step));
    expect(sum.hex()).toBe(expected(data));
  }
});
