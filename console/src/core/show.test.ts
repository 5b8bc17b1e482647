import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Api } from "./api";
import { inOrder, movesDirector, type LogEvent, type LogSource } from "./event";
import { DirectorRoom } from "./director/room";
import { notAhead, Show, type ShowHooks } from "./show";
import { isBuilt, openDesk, wasm } from "./testing/desk";
import { FakeServer } from "./testing/fake-server";
import { MemorySpool } from "./testing/memory-spool";
import type { FromWorker } from "./worker";

const SOURCES: LogSource[] = [
  { id: "cam_1", label: "Host", role: "person", priority: 0 },
  { id: "cam_2", label: "Guest", role: "person", priority: 0 },
  { id: "cam_3", label: "Wide", role: "wide", priority: 0 },
];

let server: FakeServer;
let shows: Show[] = [];
beforeEach(async () => {
  server = new FakeServer();
  await server.listen();
  server.say({ type: "session_start", t: 0, sources: SOURCES, settings: {} });
});
afterEach(async () => {
  for (const show of shows.splice(0)) show.close();
  await server.kill().catch(() => {});
});

const wait = (ms: number) => new Promise((next) => setTimeout(next, ms));
async function until(what: () => boolean, ms = 60_000): Promise<void> {
  for (const end = performance.now() + ms; !what(); await wait(10))
    if (performance.now() > end) throw new Error(`it did not come to this: ${what}`);
}

function open(spool = new MemorySpool()) {
  const cuts: string[] = [];
  const hooks: ShowHooks = {
    cutTo: (source, t) => cuts.push(`${source}@${t}`),
    speaks: () => {},
    changed: () => {},
    told: () => {},
    linkChanged: () => {},
    denied: () => {},
    refused: () => {},
    server: () => {},
    signal: () => {},
  };
  let show: Show | null = null;
  const post = isBuilt
    ? openDesk((message: FromWorker) => message.kind === "decided" && show?.answered(message))
    : () => {};
  const stored = { sessionId: server.id, name: "Test", uploadToken: "U", startedAt: "2026-11-27T00:00:00Z" };
  void spool.begin(stored);
  show = new Show({
    show: stored,
    sources: SOURCES,
    settings: {},
    api: new Api({ base: server.address }),
    spool,
    token: () => "T",
    base: server.address,
    post,
    hooks,
  });
  shows.push(show);
  show.isDeciding = true;
  const timer = setInterval(() => show.tick(), 30);
  const close = show.close.bind(show);
  show.close = () => {
    clearInterval(timer);
    close();
  };
  return { show, cuts, spool, stored };
}

describe("a show and its server", () => {
  it("has the server's clock within its own error, and writes so into the log", async () => {
    const { show } = open();
    await show.connected();
    await show.link.measure();
    expect(Math.abs(show.link.clock.time() - server.clock())).toBeLessThanOrEqual(show.link.clock.error! + 1);
    await until(() => server.log.some(({ type }) => type === "clock"));
    const line = server.log.find(({ type }) => type === "clock")!;
    expect(line["error"]).toBeTypeOf("number");
  });

  it("follows the server's decisions, but not those of before it came", async () => {
    server.say({ type: "switch", source: "cam_3", t: 0, reason: "opening", text: "The show begins with Wide", hold: 1500 });
    const { show, cuts } = open();
    await until(() => show.isReplayed);
    expect(show.view.directing.onAir).toBe("cam_3");
    expect(cuts).toEqual([]);
    server.say({ type: "switch", source: "cam_2", t: 400, reason: "speaks", text: "Guest speaks", hold: 1500 });
    await until(() => cuts.length > 0);
    expect(cuts).toEqual(["cam_2@400"]);
    expect(show.view.directing).toMatchObject({ onAir: "cam_2", why: "Guest speaks", since: 400, holdsUntil: 1900 });
  });

  it("writes no line of later than now, whatever clock its time was taken by", async () => {
    const { show } = open();
    await show.connected();
    await show.link.measure();
    const ahead = show.now() + 60_000;
    const event = show.log("speaking_start", { source: "cam_1", t: ahead, edge_t: ahead });
    expect(event.t).toBeLessThanOrEqual(show.now());
    expect(event.edge_t).toBeLessThanOrEqual(event.t);
    expect(notAhead({ id: "x", type: "speaking_stop", t: 900, edge_t: 400 }, 1000)).toMatchObject({ t: 900, edge_t: 400 });
    expect(notAhead({ id: "x", type: "speaking_stop", t: 900, edge_t: 950 }, 1000)).toMatchObject({ t: 900, edge_t: 900 });
  });

  it("has every event in the log once, whatever answers were lost", async () => {
    const { show } = open();
    await show.connected();
    server.loseAnswers = 2;
    const ids = Array.from({ length: 6 }, (_, i) => show.log("marker", { label: `m${i}` }).id);
    await until(() => server.loseAnswers === 0);
    await server.listen(await server.kill());
    await until(() => show.link.queue.pending().length === 0);
    const stored = server.log.filter(({ type }) => type === "marker").map(({ id }) => id);
    expect(stored).toEqual(ids);
  });

  it("keeps events that were not acknowledged over a reload, and sends them then", async () => {
    const first = open();
    await first.show.connected();
    server.ignoresEvents = true;
    const { id } = first.show.log("marker", { label: "kept" });
    await until(() => (first.spool.shows.get(server.id)!.events as LogEvent[]).some((event) => event.id === id));
    first.show.close();
    server.ignoresEvents = false;
    const second = open(first.spool);
    await second.show.takeKept();
    await until(() => server.log.some((line) => line.id === id));
  });

  it("sends recordings while they grow, and removes them when the server has the same", async () => {
    const { show, spool } = open();
    await show.connected();
    const file = await spool.create(server.id, "cam_1_iso.mkv");
    const watched = show.add(file);
    for (let i = 1; i <= 4; i++) await watched.append(new Uint8Array(randomBytes(50_000)), i * 500);
    await until(() => show.uploads.files()[0]!.sentBytes === 200_000);
    expect(show.uploads.behindMs()).toBe(0);
    await watched.close();
    await show.stop();
    expect(await show.finish()).toBe(true);
    expect(server.expected).toEqual([{ name: "cam_1_iso.mkv", bytes: 200_000, sha256: await file.sha256() }]);
    expect(spool.shows.size).toBe(0);
  });

  it("keeps a recording of which the server has something else", async () => {
    const { show, spool } = open();
    await show.connected();
    const watched = show.add(await spool.create(server.id, "cam_1_iso.mkv"));
    await watched.append(new Uint8Array(randomBytes(1000)), 500);
    await watched.close();
    await until(() => server.tus.isWhole("cam_1_iso.mkv"));
    server.tus.of("cam_1_iso.mkv").writeUInt8(server.tus.of("cam_1_iso.mkv").readUInt8(9) ^ 1, 9);
    void show.finish();
    await wait(300);
    expect((await spool.list())[0]!.files.length).toBe(1);
  });
});

describe.skipIf(!isBuilt)("a show without a link", () => {
  async function offline() {
    const opened = open();
    await until(() => opened.show.isReplayed);
    await opened.show.link.measure();
    /* The line of the clock comes when it comes: on its way as the server dies, it would be one of no epoch
     * that is stored behind those of the console's. */
    await until(() => server.log.some(({ type }) => type === "clock"));
    opened.show.log("speaking_start", { source: "cam_1", edge_t: opened.show.now() - 90 });
    await until(() => opened.show.link.queue.pending().length === 0);
    const port = await server.kill();
    await until(() => opened.show.decider.by === "console");
    return { ...opened, port };
  }

  it("is directed by the console, which goes on with who spoke", async () => {
    const { show, cuts } = await offline();
    await until(() => cuts.some((cut) => cut.startsWith("cam_1@")));
    show.log("speaking_stop", { source: "cam_1" });
    show.log("manual_cut", { source: "cam_3" });
    await until(() => cuts.at(-1)!.startsWith("cam_3@"));
    expect(show.view.directing).toMatchObject({ onAir: "cam_3", by: "manual" });
    expect(show.view.directing.why).toBe("Cut to Wide by hand");
  });

  it("hands over what it decided, under its epoch, and the server decides again", async () => {
    const { show, port } = await offline();
    await until(() => show.view.directing.onAir === "cam_1");
    show.log("manual_cut", { source: "cam_2" });
    await until(() => show.view.directing.onAir === "cam_2");
    await server.listen(port);
    await until(() => show.decider.by === "server");
    expect(server.auths.at(-1)!["epoch"]).toBe(1);
    const lines = server.log.filter(({ epoch }) => epoch === 1);
    expect(lines[0]).toMatchObject({ type: "epoch", by: "console", lastSeq: server.log.filter((line) => !line.epoch).length });
    expect(lines.filter(({ type }) => type === "switch").map(({ source }) => source)).toContain("cam_2");
    for (const line of lines) expect(line.at).toBeTypeOf("number");
    expect(server.log.at(-1)).toMatchObject({ type: "epoch", by: "server", epoch: 2 });
    expect(new Set(server.log.map(({ id }) => id)).size).toBe(server.log.length);
  });

  it("decided as a replay of its lines decides", async () => {
    const { show, port } = await offline();
    for (const source of ["cam_2", "cam_1", "cam_2"]) {
      show.log("speaking_start", { source });
      await wait(700);
      show.log("speaking_stop", { source });
      await wait(900);
    }
    await server.listen(port);
    await until(() => show.decider.by === "server");
    const begin = server.log.find(({ type, epoch }) => type === "epoch" && epoch === 1)!;
    const fed = server.log.filter((line) => movesDirector(line) && (line.epoch === 1 || line.seq! <= Number(begin["lastSeq"])));
    const end = server.log.findLast(({ epoch }) => epoch === 1)!.at!;
    const room = new DirectorRoom(wasm("director"), SOURCES, {}, { lines: fed });
    for (const line of inOrder(fed)) room.feed(line);
    room.advance(end);
    const replayed = room.take();
    const logged = server.log.filter(({ type, epoch }) => type === "switch" && epoch === 1);
    /* The first says what was on screen when its reign began: the decision itself is older. */
    const [begun, ...decided] = logged.map(({ t, source }) => ({ t, source }));
    const again = replayed.filter(({ t }) => t > begun!.t).map(({ t, source }) => ({ t, source }));
    expect(decided.length).toBeGreaterThan(0);
    expect(again.slice(0, decided.length)).toEqual(decided);
  });

  it("has speech that was on its way when the link went in both its own lines and, once, in effect", async () => {
    const { show } = open();
    await until(() => show.isReplayed);
    server.ignoresEvents = true;
    const { id } = show.log("speaking_start", { source: "cam_2" });
    await until(() => show.decider.by === "console");
    server.ignoresEvents = false;
    await until(() => show.decider.by === "server");
    expect(server.log.some((line) => line.id === id)).toBe(false);
    const starts = server.log.filter(({ type }) => type === "speaking_start");
    expect(starts.map(({ epoch, source }) => [epoch, source])).toEqual([[1, "cam_2"]]);
  });
});
