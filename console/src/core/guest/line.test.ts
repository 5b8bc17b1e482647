import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FakeRoom } from "../../testing/fake-room";
import { Api } from "../api";
import { FakeServer } from "../testing/fake-server";
import { Line } from "./line";

vi.setConfig({ testTimeout: 30_000 });

let server: FakeServer;
let line: Line | null = null;
let room: FakeRoom;
let ended = 0;
let denied: string[] = [];

beforeEach(async () => {
  server = new FakeServer();
  await server.listen();
  room = new FakeRoom({ link: "joined" });
  ended = 0;
  denied = [];
});
afterEach(async () => {
  line?.close();
  line = null;
  await server.kill().catch(() => {});
});

function open(patienceMs = 300): Line {
  const parts = { session: server.id, source: "cam_2", token: "t", api: new Api({ base: server.address }), room, base: server.address, patienceMs };
  line = new Line(parts, { changed: () => {}, ended: () => ended++, denied: (code) => denied.push(code) });
  return line;
}

async function until(what: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !what(); await new Promise((done) => setTimeout(done, 20)))
    if (Date.now() > end) throw new Error(`it did not come to ${what}`);
}
const voices = () => room.sent.filter(({ type }) => String(type).startsWith("speaking"));
const spoken = () => server.log.filter(({ type }) => type.startsWith("speaking"));

test("what a guest says goes to the log, and who is on air comes from it", async () => {
  server.say({ type: "switch", source: "cam_1", t: 0, reason: "opening", text: "" });
  const it = open(20_000);
  await until(() => it.state === "online" && it.clock() !== null && it.onAir() === "cam_1");
  it.log("speaking_start", { t: it.clock()!, edge_t: 0 });
  await until(() => spoken().length === 1);
  expect(spoken()[0]).toMatchObject({ type: "speaking_start", source: "cam_2" });
  expect(room.sent).toEqual([]);
  server.tell({ state: "recording", next: "cam_2" });
  await until(() => it.next === "cam_2");
  server.say({ type: "switch", source: "cam_2", t: 10, reason: "speaks", text: "" });
  await until(() => it.onAir() === "cam_2");
  server.tell({ state: "stopping" });
  await until(() => ended > 0);
});

test("without Socket.IO events go through the room, once each, and keep their ids when the link is back", async () => {
  const it = open();
  await until(() => it.state === "online" && it.clock() !== null);
  const port = await server.kill();
  await until(() => it.state === "by-room");
  it.log("speaking_start", { edge_t: 0 });
  it.log("speaking_stop", { edge_t: 0 });
  await until(() => voices().length === 2);
  expect(voices().map(({ type }) => type)).toEqual(["speaking_start", "speaking_stop"]);
  await server.listen(port);
  await until(() => it.state === "online" && spoken().length === 2);
  await new Promise((done) => setTimeout(done, 50));
  expect(voices().length).toBe(2);
  expect(spoken().map(({ id }) => id)).toEqual(voices().map(({ id }) => id));
});

test("events wait while neither way is there", async () => {
  const it = open();
  await until(() => it.state === "online" && it.clock() !== null);
  room.hasHost = false;
  await server.kill();
  await until(() => it.state === "by-room");
  it.log("speaking_start", {});
  room.set({ link: "again" });
  await until(() => it.state === "offline");
  room.set({ link: "joined" });
  room.hasHost = true;
  await until(() => voices().length === 1);
});

/* As a server gives a file by Range; the last line is still being written. */
const logFrom = async (from: number) => new TextEncoder().encode(`${server.log.map((line) => JSON.stringify(line)).join("\n")}\n{"seq":99,`).subarray(from);

test("clock, program, log and end are known where Socket.IO never came through", async () => {
  /* Only plain HTTP: the API answers, the other address does not. */
  const parts = { session: server.id, source: "cam_2", token: "t", api: new Api({ base: server.address }), room, base: "http://127.0.0.1:1", patienceMs: 100, log: logFrom };
  server.say({ type: "record_start", source: "program", file: "program.mkv", t: 0 });
  line = new Line(parts, { changed: () => {}, ended: () => ended++, denied: (code) => denied.push(code) });
  await until(() => line!.clock() !== null);
  expect(Math.abs(line.clock()! - server.clock())).toBeLessThan(1000);
  await until(() => line!.elsewhere()?.recording.has("program.mkv") === true);
  server.say({ type: "switch", source: "cam_1", t: 10, reason: "speaks", text: "Maya spricht schön" });
  await until(() => line!.onAir() === "cam_1");
  room.show({ source: "cam_2", t: 5, reason: "speaks", seq: 1 });
  expect(line.onAir()).toBe("cam_2");
  line.log("speaking_start", {});
  await until(() => voices().length === 1);
  server.state = "stopping";
  await until(() => ended > 0);
});
