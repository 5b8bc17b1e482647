import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeTus, type Fault } from "../testing/fake-tus";
import { MemoryFile } from "../testing/memory-spool";
import { Backoff } from "./backoff";
import { Lanes } from "./lanes";
import { Sender } from "./sender";
import { Tus } from "./tus";

vi.setConfig({ testTimeout: 30_000 }); /* a busy machine is slow, and that is not what is tested */
let server: FakeTus;
beforeEach(async () => {
  server = new FakeTus();
  await server.listen();
});
afterEach(() => server.close());

function sender(file: MemoryFile): Sender {
  const tus = new Tus({ base: server.address, token: () => "T", timeoutMs: 2000 });
  return new Sender(file, tus, new Lanes(), { changed: () => {} }, new Backoff(1, 4));
}

async function grow(file: MemoryFile, sending: Sender, chunks: number, bytes = 300_000): Promise<void> {
  for (let i = 0; i < chunks; i++) {
    await file.append(new Uint8Array(randomBytes(bytes)), (i + 1) * 1000);
    sending.grew();
    await new Promise((next) => setTimeout(next, 5));
  }
  await file.close();
  sending.grew();
}

describe("a recording on its way to the server", () => {
  it("is sent while it grows and ends with its length", async () => {
    const file = new MemoryFile("s", "cam_1_iso.mkv");
    const sending = sender(file);
    const ended = sending.run();
    await file.append(new Uint8Array(randomBytes(1000)), 900);
    sending.grew();
    while (sending.sentBytes < 1000) await new Promise((next) => setTimeout(next, 5));
    expect(server.isWhole("cam_1_iso.mkv")).toBe(false);
    expect(sending.safeUntil).toBe(900);
    await grow(file, sending, 5);
    expect(await ended).toBe(true);
    expect(server.of("cam_1_iso.mkv").equals(file.all())).toBe(true);
    expect(server.isWhole("cam_1_iso.mkv")).toBe(true);
    expect(sending.safeUntil).toBe(5000);
    expect(server.problems).toEqual([]);
  });

  it("is closed by an empty PATCH when everything was sent before", async () => {
    const file = new MemoryFile("s", "program.mkv");
    const sending = sender(file);
    const ended = sending.run();
    await file.append(new Uint8Array(randomBytes(1000)), 900);
    sending.grew();
    while (sending.sentBytes < 1000) await new Promise((next) => setTimeout(next, 5));
    await file.close();
    sending.grew();
    expect(await ended).toBe(true);
    expect(server.isWhole("program.mkv")).toBe(true);
  });

  it("is never asked for before it was made", async () => {
    server.refusedCreations = 3;
    const file = new MemoryFile("s", "cam_1_iso.mkv");
    const sending = sender(file);
    const ended = sending.run();
    await grow(file, sending, 3);
    expect(await ended).toBe(true);
    expect(server.strangers).toBe(0);
  });

  const faults: Fault[] = ["cut-before", "cut-half", "lost-answer", "500", "503", "507", "409", "460", "gone"];
  for (const fault of faults)
    it(`arrives whole and once after: ${fault}`, async () => {
      server.faults = [fault, fault];
      const file = new MemoryFile("s", "cam_2_iso.mkv");
      const sending = sender(file);
      const ended = sending.run();
      await grow(file, sending, 6);
      expect(await ended).toBe(true);
      expect(server.of("cam_2_iso.mkv").equals(file.all())).toBe(true);
      expect(server.isWhole("cam_2_iso.mkv")).toBe(true);
      expect(server.problems).toEqual([]);
    });

  it("arrives whole when faults come at random", async () => {
    let seed = 7;
    const random = (below: number) => (seed = (seed * 16807) % 2147483647) % below;
    server.faults = Array.from({ length: 60 }, () => faults[random(faults.length - 1)]!);
    const file = new MemoryFile("s", "cam_3_iso.mkv");
    const sending = sender(file);
    const ended = sending.run();
    await grow(file, sending, 20, 100_000);
    expect(await ended).toBe(true);
    expect(server.of("cam_3_iso.mkv").equals(file.all())).toBe(true);
  });

  it("goes on when the answer to its creation was lost", async () => {
    server.lostCreations = 1;
    const file = new MemoryFile("s", "cam_1_iso.mkv");
    const sending = sender(file);
    const ended = sending.run();
    await grow(file, sending, 2);
    expect(await ended).toBe(true);
    expect(server.of("cam_1_iso.mkv").equals(file.all())).toBe(true);
  });

  it("goes on where an earlier visit ended", async () => {
    const file = new MemoryFile("s", "cam_1_iso.mkv");
    const first = sender(file);
    void first.run();
    await file.append(new Uint8Array(randomBytes(500_000)), 1000);
    first.grew();
    while (first.sentBytes < 500_000) await new Promise((next) => setTimeout(next, 5));
    first.stop();
    await file.append(new Uint8Array(randomBytes(500_000)), 2000);
    await file.close();
    server.received = 0;
    expect(await sender(file).run()).toBe(true);
    expect(server.received).toBe(500_000);
    expect(server.of("cam_1_iso.mkv").equals(file.all())).toBe(true);
  });

  it("waits for a server that is down, and is not woken by growth", async () => {
    server.isDown = true;
    const file = new MemoryFile("s", "cam_1_iso.mkv");
    const sending = sender(file);
    const ended = sending.run();
    await grow(file, sending, 3);
    await vi.waitFor(() => expect(sending.trouble).toContain("does not answer"), 60_000);
    server.isDown = false;
    sending.retry();
    expect(await ended).toBe(true);
    expect(sending.trouble).toBe(null);
  });

  it("gives up on what the server will never take", async () => {
    const file = new MemoryFile("s", "cam_1_iso.mkv");
    const tus = new Tus({
      base: server.address,
      token: () => "T",
      fetch: () =>
        Promise.resolve(Response.json({ error: { code: "wrong_type", message: "no recording" } }, { status: 415 })),
    });
    const sending = new Sender(file, tus, new Lanes(), { changed: () => {} }, new Backoff(1, 4));
    await file.append(new Uint8Array(10), 10);
    expect(await sending.run()).toBe(false);
    expect(sending.state).toBe("failed");
    expect(sending.trouble).toContain("no recording");
  });

  it("gives up on the server's side being longer than its own", async () => {
    server.uploads.set("/upload/s/cam_1_iso.mkv", { bytes: Buffer.alloc(20), length: null });
    const file = new MemoryFile("s", "cam_1_iso.mkv");
    await file.append(new Uint8Array(10), 10);
    const sending = sender(file);
    expect(await sending.run()).toBe(false);
    expect(sending.state).toBe("failed");
  });
});

describe("a recording whose end was only in memory", () => {
  it("is what the server has of it", async () => {
    server.uploads.set("/upload/s/cam_1_iso.mkv", { bytes: Buffer.alloc(20), length: null });
    const file = new MemoryFile("s", "cam_1_iso.mkv");
    await file.append(new Uint8Array(10), 10);
    await file.close();
    file.isTorn = true;
    const sending = sender(file);
    expect(await sending.run()).toBe(true);
    expect(server.uploads.get("/upload/s/cam_1_iso.mkv")).toEqual({ bytes: Buffer.alloc(20), length: 20 });
    expect(server.problems).toEqual([]);
  });

  it("is given up when the server lost what is not here any more", async () => {
    server.uploads.set("/upload/s/cam_1_iso.mkv", { bytes: Buffer.alloc(0), length: null });
    const file = new MemoryFile("s", "cam_1_iso.mkv");
    await file.append(new Uint8Array(10), 10);
    file.read = () => Promise.resolve(new Uint8Array());
    const sending = sender(file);
    expect(await sending.run()).toBe(false);
    expect(sending.trouble).toContain("full storage");
  });
});

describe("lanes", () => {
  it("give the next turn to whoever is furthest behind, and no more at once than they are", async () => {
    const lanes = new Lanes(1);
    const order: string[] = [];
    let running = 0;
    const job = (name: string, behind: number) =>
      lanes.through(
        () => behind,
        async () => {
          expect(++running).toBe(1);
          order.push(name);
          await new Promise((next) => setTimeout(next, 1));
          running--;
        },
      );
    await Promise.all([job("first", 0), job("little", 1), job("most", 9), job("some", 4)]);
    expect(order).toEqual(["first", "most", "some", "little"]);
  });
});
