import { createHash, randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Api } from "./api";
import type { Capture, CaptureEvents, CaptureSource, CaptureStart } from "./capture";
import { emptyView, withLine } from "./log-view";
import { type Elsewhere, formatOf, isHostRecording, OwnRecorder } from "./own-recorder";
import { FakeServer } from "./testing/fake-server";
import { MemorySpool } from "./testing/memory-spool";

vi.setConfig({ testTimeout: 30_000 });

/* Writes a little of a recording at once, and the rest when it is stopped. */
class FakeCapture implements Pick<Capture, "setSources" | "start" | "stop" | "close"> {
  sources: CaptureSource[] = [];
  started: CaptureStart[] = [];
  written: Buffer[] = [];
  isClosed = false;
  private file: Awaited<ReturnType<CaptureStart["file"]>> | null = null;
  private parts = 0;
  constructor(private readonly events: CaptureEvents) {}

  setSources(sources: CaptureSource[]): Promise<void> {
    this.sources = sources;
    return Promise.resolve();
  }
  async start(options: CaptureStart): Promise<void> {
    this.started.push(options);
    const part = Math.max(options.firstPart("cam_5"), this.parts + 1);
    this.parts = part;
    const name = part > 1 ? `cam_5_local.${part}.mkv` : "cam_5_local.mkv";
    this.file = await options.file(name, "cam_5");
    this.events.recordStart({ name, source: "cam_5", start: Math.round(options.clock()), video: "h264", audio: "opus" });
    await this.write(100_000);
  }
  async write(bytes: number): Promise<void> {
    const some = randomBytes(bytes);
    this.written.push(some);
    await this.file!.append(some, this.started.at(-1)!.clock());
  }
  async stop(): Promise<void> {
    if (!this.file) return;
    await this.write(70_000);
    await this.file.close();
    this.events.recordStop({ name: this.file.name, source: "cam_5", end: 1, gaps: [] });
    this.file = null;
  }
  fail(why: string): void {
    this.events.failed(this.file!.name, why);
  }
  close(): void {
    this.isClosed = true;
  }
}

let server: FakeServer;
let spool: MemorySpool;
let captures: FakeCapture[];
let phones: OwnRecorder[];
const stream = { getAudioTracks: () => [{}], getVideoTracks: () => [{ getSettings: () => ({}) }] } as unknown as MediaStream;

beforeEach(async () => {
  server = new FakeServer();
  await server.listen();
  spool = new MemorySpool();
  captures = [];
  phones = [];
});
afterEach(async () => {
  for (const phone of phones) phone.close();
  await server.kill().catch(() => {});
});

function open(whyNot: () => string | null = () => null, elsewhere?: Elsewhere, base = server.address): OwnRecorder {
  const phone = new OwnRecorder(
    { token: "T", session: server.id, source: "cam_5" },
    {
      api: new Api({ base: server.address }),
      spool: () => spool,
      capture: (_format, events) => {
        captures.push(new FakeCapture(events));
        return captures.at(-1) as unknown as Capture;
      },
      whyNot,
      base,
      elsewhere,
    },
    () => {},
  );
  phones.push(phone);
  return phone;
}

async function until(what: () => boolean): Promise<void> {
  for (const end = performance.now() + 15_000; !what(); await new Promise((next) => setTimeout(next, 10)))
    if (performance.now() > end) throw new Error(`it did not come to this: ${what} ${JSON.stringify(phones.at(-1)?.own)}`);
}

const begin = () => server.say({ type: "record_start", t: server.clock(), source: "program", file: "program.mkv", start: 0 });
const end = () => server.say({ type: "record_stop", t: server.clock(), source: "program", file: "program.mkv" });
const said = (type: string) => server.log.filter((line) => line.type === type && line.source === "cam_5");

describe("an own recording of a phone or a guest", () => {
  test("is made where Socket.IO does not come through, by what is known elsewhere", async () => {
    let view = emptyView([], {});
    const phone = open(() => null, { view: () => view, clock: () => 4000 }, "http://127.0.0.1:1");
    phone.join(stream);
    await until(() => phone.own.state === "waiting");
    view = withLine(view, { id: "r", type: "record_start", t: 0, source: "program", file: "program.mkv" });
    phone.told();
    await until(() => phone.own.state === "recording");
    const [begun] = phone.pending();
    expect(begun).toMatchObject({ type: "record_start", source: "cam_5", file: "cam_5_local.mkv" });
    expect(begun!["start"]).toBeGreaterThanOrEqual(4000);
    view = withLine(view, { id: "s", type: "record_stop", t: 0, source: "program", file: "program.mkv" });
    phone.told();
    await until(() => phone.pending().length === 2);
  });

  test("is not claimed where there is no camera", async () => {
    const phone = open();
    phone.join({ getAudioTracks: () => [{}], getVideoTracks: () => [] } as unknown as MediaStream);
    await until(() => phone.own.state === "impossible");
    expect(phone.own.why).toContain("no camera");
  });

  test("is made while the host records, sent meanwhile, and whole after the show", async () => {
    const phone = open();
    phone.join(stream);
    await until(() => phone.own.state === "waiting");
    expect(spool.shows.get(server.id)!.files).toEqual([]);
    begin();
    await until(() => phone.own.state === "recording");
    expect(captures[0]!.started[0]).toMatchObject({ isLocal: true, onAir: "cam_5" });
    expect(captures[0]!.sources[0]).toMatchObject({ id: "cam_5", microphone: "own", remote: stream });
    await until(() => server.tus.uploads.size === 1 && phone.own.leftBytes === 0);
    end();
    await until(() => said("record_stop").length === 1);
    server.state = "stopping";
    phone.over();
    await until(() => phone.own.state === "sent");
    const sent = server.tus.of("cam_5_local.mkv");
    expect(createHash("sha256").update(sent).digest("hex")).toBe(createHash("sha256").update(Buffer.concat(captures[0]!.written)).digest("hex"));
    expect(said("record_start")[0]).toMatchObject({ file: "cam_5_local.mkv", video: "h264" });
    expect(spool.shows.size).toBe(0);
    expect(captures[0]!.isClosed).toBe(true);
  });

  test("begins before nobody agreed to it: not at all", async () => {
    const phone = open();
    begin();
    await phone.look();
    expect(phone.own.state).toBe("off");
    expect(captures).toEqual([]);
    expect(server.auths).toEqual([]);
  });

  test("goes on while the way to the console is broken, and in a new part after a pause of the host", async () => {
    const phone = open();
    begin();
    server.say({ type: "record_start", t: 0, source: "cam_5", file: "cam_5_iso.mkv", start: 0 });
    phone.join(stream);
    await until(() => phone.own.state === "recording");
    server.say({ type: "record_stop", t: server.clock(), source: "cam_5", file: "cam_5_iso.mkv" });
    server.say({ type: "marker", t: server.clock() });
    await until(() => said("record_start").length === 2);
    expect(phone.own.state).toBe("recording");
    end();
    await until(() => said("record_stop").length === 2);
    begin();
    await until(() => said("record_start").length === 3);
    expect(said("record_start").map(({ file }) => file)).toEqual(["cam_5_iso.mkv", "cam_5_local.mkv", "cam_5_local.2.mkv"]);
  });

  test("is sent by the next visit, which says where it ended and takes the next part", async () => {
    const first = open();
    begin();
    first.join(stream);
    await until(() => said("record_start").length === 1);
    const [left] = spool.shows.get(server.id)!.files;
    first["show"]!.close(); /* as a page that is gone: nothing is said any more */
    await left!.append(randomBytes(50_000), 2000);
    await left!.close(); /* files of a closed tab count as closed */
    const second = open();
    await second.look();
    await until(() => server.tus.isWhole("cam_5_local.mkv"));
    await until(() => said("record_stop").length === 1);
    expect(said("record_stop")[0]).toMatchObject({ file: "cam_5_local.mkv", end: 2000 });
    second.join(stream);
    await until(() => said("record_start").length === 2);
    expect(said("record_start")[1]).toMatchObject({ file: "cam_5_local.2.mkv" });
  });

  test("of a show that ended meanwhile is sent, and nothing stays", async () => {
    await spool.begin({ sessionId: server.id, name: "Phone", uploadToken: "T", startedAt: "2026-11-27T00:00:00Z" });
    const file = await spool.create(server.id, "cam_5_local.webm");
    await file.append(randomBytes(300_000), 9000);
    await file.close();
    server.state = "stopping";
    const phone = open();
    await phone.look();
    expect(phone.own).toMatchObject({ state: "sending", leftBytes: 300_000 });
    await until(() => phone.own.state === "sent");
    expect(spool.shows.size).toBe(0);
  });

  test("is not made where the browser cannot: that is said, with the reason", async () => {
    const phone = open(() => "this browser cannot keep recordings.");
    begin();
    await phone.look();
    phone.join(stream);
    await until(() => phone.own.state === "impossible");
    expect(phone.own.why).toBe("this browser cannot keep recordings.");
    expect(captures).toEqual([]);
    const full = open();
    full.join(stream);
    await until(() => full.own.state === "recording");
    captures[0]!.fail("The browser's storage is full.");
    expect(full.own).toMatchObject({ state: "impossible", why: "The browser's storage is full." });
  });

  test("has the size of the camera's picture, made even", () => {
    const of = (settings: object) => formatOf({ getVideoTracks: () => [{ getSettings: () => settings }] } as unknown as MediaStream);
    expect(of({ width: 1080, height: 1919, frameRate: 29.97 })).toMatchObject({ width: 1080, height: 1920, rate: 30, videoKbps: 5000 });
    expect(of({ width: 640, height: 480, frameRate: 60 })).toMatchObject({ rate: 30, videoKbps: 2500 });
  });

  test("follows the host's recordings, not its own", () => {
    const of = (...files: [string, string][]) => isHostRecording(new Map(files), "cam_5");
    expect(of(["program.2.mkv", "program"])).toBe(true);
    expect(of(["cam_5_iso.mkv", "cam_5"])).toBe(true);
    expect(of(["cam_5_local.mkv", "cam_5"], ["cam_1_iso.mkv", "cam_1"])).toBe(false);
  });
});
