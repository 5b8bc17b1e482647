/* The studio put together, without a browser: capture and the worker are made up, the server is real
 * HTTP and Socket.IO. What jobs say to each other, and what views see of it. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Api, ApiError } from "../api";
import type { Capture, CaptureEvents, CaptureSource, CaptureStart, SoundFrames } from "../capture";
import { FakeServer } from "../testing/fake-server";
import { FakeRoom } from "../../testing/fake-room";
import type { RoomAsk, RoomPerson, RoomTrack } from "../room/room";
import { MemorySpool } from "../testing/memory-spool";
import type { Format, Source, SourceId } from "../studio";
import type { FromWorker, ToWorker } from "../worker";
import { StudioCore } from "./index";

vi.setConfig({ testTimeout: 30_000 });
vi.mock("../helper", () => ({ startHelper: null })); /* it wants a worker and WASM; here it is made up */

class FakeCapture implements Capture {
  sources: CaptureSource[] = [];
  started: CaptureStart | null = null;
  cuts: (string | null)[] = [];
  heard: ((frames: SoundFrames) => void) | null = null;
  constructor(readonly events: CaptureEvents) {}
  setSources = (sources: CaptureSource[]) => Promise.resolve(void (this.sources = sources));
  setFormat = () => Promise.resolve();
  setMix = () => {};
  onSound = (listener: (frames: SoundFrames) => void) => {
    this.heard = listener;
    return () => {};
  };
  start = async (options: CaptureStart) => {
    this.started = options;
    const file = await options.file("program.mkv", null);
    await file.append(new Uint8Array(1000), 1000);
    this.events.recordStart({ name: "program.mkv", source: null, start: 0, video: "h264", audio: "opus" });
  };
  cutTo = (source: SourceId) => void this.cuts.push(source);
  prepare = () => {};
  live: (string | null)[] = [];
  canGoLive = true;
  setLive = (address: string | null) => {
    this.live.push(address);
    return this.canGoLive;
  };
  openRoom = () => ({ program: "mix" as unknown as MediaStreamTrack, voices: "voices" as unknown as MediaStreamTrack });
  closeRoom = () => {};
  showProgram = () => (this.started ? ("program" as unknown as MediaStreamTrack) : null);
  hideProgram = () => {};
  stop = () => Promise.resolve(void (this.started = null));
  close = () => {};
}

let server: FakeServer;
let api: Api;
let studio: StudioCore;
let capture: FakeCapture;
let posted: ToWorker[];
let answer: (message: FromWorker) => void;
let room: FakeRoom | null;
let asked: RoomAsk;
let timers: ReturnType<typeof setInterval>[];
const stored = new Map<string, string>();

beforeEach(async () => {
  stored.clear();
  vi.stubGlobal("localStorage", { getItem: (key: string) => stored.get(key) ?? null, setItem: (key: string, value: string) => void stored.set(key, value) });
  vi.stubGlobal("navigator", {});
  vi.stubGlobal("document", { addEventListener: () => {}, removeEventListener: () => {}, visibilityState: "hidden" });
  vi.stubGlobal("location", { href: "http://localhost/", protocol: "http:", origin: "http://localhost" });
  timers = [];
  const { setInterval: every } = globalThis;
  vi.stubGlobal("setInterval", (...given: Parameters<typeof every>) => {
    const timer = every(...given);
    timers.push(timer);
    return timer;
  });
  server = new FakeServer();
  await server.listen();
  posted = [];
  room = null;
  api = apiOf(server);
  studio = new StudioCore({
    api,
    spool: new MemorySpool(),
    base: server.address,
    room: (ask) => {
      asked = ask;
      return (room = new FakeRoom());
    },
    tracks: { stream: (tracks) => tracks.join("+") as unknown as MediaStream, player: () => ({ setMuted: () => {}, close: () => {} }) },
    capture: (_format: Format, events) => (capture = new FakeCapture(events)),
    helper: (answered) => {
      answer = answered;
      return { post: (message) => void posted.push(message), close: () => {} };
    },
  });
});

afterEach(async () => {
  for (const timer of timers) clearInterval(timer);
  vi.unstubAllGlobals();
  await server.kill().catch(() => {});
});

/* The server of tests knows its one show, and no disk. */
function apiOf(server: FakeServer): Api {
  const api = new Api({ base: server.address });
  api.start = async ({ name, sources, settings }) => {
    server.say({ type: "session_start", t: 0, sources, settings });
    return { sessionId: server.id, name, startedAt: "2026-11-27T00:00:00Z", sources, settings, uploadToken: "U" };
  };
  api.storage = async () => ({ free: 1e12, reserve: 0, hasRoom: true, secondsLeft: null });
  api.me = async () => ({ role: "admin", livekit: true });
  api.guest = async (_id, { source, role }) => ({ token: `${role}-${source}`, link: "", end: 0 });
  return api;
}

const wait = (ms: number) => new Promise((next) => setTimeout(next, ms));
async function until(what: () => boolean, ms = 15_000): Promise<void> {
  for (const end = performance.now() + ms; !what(); await wait(10))
    if (performance.now() > end) throw new Error(`it did not come to this: ${what}`);
}

const source = (id: SourceId): Source => studio.state().sources.find((one) => one.id === id)!;
const titles = () => studio.state().notices.map(({ title }) => title);
const logged = (type: string) => server.log.filter((line) => line.type === type);

function addMicrophones(...labels: string[]): void {
  labels.forEach((label, i) => {
    studio.addMicrophone({ deviceId: `m${i + 1}`, channel: 0 });
    studio.changeSource(`cam_${i + 1}`, { label });
  });
}

async function record(): Promise<void> {
  await studio.addScreen();
  studio.addMicrophone({ deviceId: "m", channel: 0 });
  await studio.start();
}

describe("set-up", () => {
  it("adds, changes and takes away, and capture and worker are told", async () => {
    await studio.addScreen();
    studio.addMicrophone({ deviceId: "m", channel: 1 });
    expect(capture.sources.map(({ id, picture }) => [id, picture.kind])).toEqual([["cam_1", "screen"], ["cam_2", "none"]]);
    expect(posted.at(-1)).toEqual({ kind: "mics", mics: [{ source: "cam_2", gainDb: null, priorityDb: 0 }] });
    studio.changeSource("cam_2", { priority: 5 });
    expect(posted.at(-1)).toMatchObject({ kind: "mics", mics: [{ priorityDb: 5 }] });
    studio.removeSource("cam_1");
    expect(capture.sources.map(({ id }) => id)).toEqual(["cam_2"]);
  });

  it("does not begin without a picture", async () => {
    studio.addMicrophone({ deviceId: "m", channel: 0 });
    await expect(studio.start()).rejects.toThrow("at least one camera");
    expect(studio.state().phase).toBe("setup");
  });

  it("keeps what the sound check found, by microphone, and says who is not alone", () => {
    addMicrophones("Maya", "Tomas");
    answer({ kind: "checked", source: "cam_1", result: { source: "cam_1", gainDb: -25, voice: { cam_1: -25, cam_2: -26 } } });
    expect([source("cam_1").gainDb, source("cam_1").isolationDb]).toEqual([-25, null]);
    answer({ kind: "checked", source: "cam_2", result: { source: "cam_2", gainDb: -24, voice: { cam_1: -27, cam_2: -24 } } });
    expect([source("cam_1").isolationDb, source("cam_2").isolationDb]).toEqual([2, 2]);
    expect(titles()).toEqual(["The microphones of Maya and Tomas hear the others nearly as loud, or louder."]);
    expect(JSON.parse(stored.get("crosscut")!).gains).toEqual({ "m1:0": -25, "m2:0": -24 });
    expect(posted.at(-1)).toMatchObject({ kind: "mics", mics: [{ gainDb: -25 }, { gainDb: -24 }] });
  });

  it("forgets what was heard of a microphone that is not used any more", () => {
    addMicrophones("Maya", "Tomas");
    answer({ kind: "checked", source: "cam_1", result: { source: "cam_1", gainDb: -25, voice: { cam_1: -25, cam_2: -26 } } });
    answer({ kind: "checked", source: "cam_2", result: { source: "cam_2", gainDb: -24, voice: { cam_1: -27, cam_2: -24 } } });
    studio.changeSource("cam_2", { microphone: { deviceId: "m9", channel: 0 } });
    expect([source("cam_1").isolationDb, source("cam_2").isolationDb]).toEqual([null, null]);
    expect(titles()).toEqual([]);
  });

  it("says when nobody was heard, until the next check", () => {
    addMicrophones("Maya");
    studio.startSoundCheck("cam_1");
    answer({ kind: "checked", source: "cam_1", result: null });
    expect(titles()).toEqual(["Maya was not heard."]);
    expect(studio.state().soundCheck).toBe(null);
    studio.startSoundCheck("cam_1");
    expect(titles()).toEqual([]);
  });
});

describe("a show", () => {
  it("is recorded, directed by hand, and over", async () => {
    await record();
    expect(studio.state()).toMatchObject({ phase: "recording", sessionId: server.id });
    expect(capture.started).toMatchObject({ onAir: "cam_1", lookAheadMs: 0 });
    studio.cut("cam_1");
    studio.hold();
    studio.auto();
    studio.mark("here");
    studio.changeSettings({ min_shot: 3 });
    await until(() => logged("settings").length === 1);
    expect(logged("manual_cut").map((line) => line["hold"])).toEqual([undefined]);
    expect(logged("record_start")[0]).toMatchObject({ source: "program", file: "program.mkv" });
    expect(logged("marker")[0]).toMatchObject({ label: "here" });
    const decision = server.say({ type: "switch", source: "cam_1", t: 5, reason: "manual", text: "Cut to Screen by hand" });
    await until(() => studio.state().directing.onAir === "cam_1");
    expect(studio.state().shots.at(-1)).toMatchObject({ source: "cam_1", text: decision["text"] });
    expect(capture.cuts).toContain("cam_1");
    await studio.stop();
    expect(studio.state().phase).toBe("stopped");
    studio.newShow();
    expect(studio.state()).toMatchObject({ phase: "setup", sessionId: null, shots: [], files: [] });
  });

  it("sends its program while it is live, and says when it cannot", async () => {
    await record();
    const live = { state: "live", start: 5, end: null, delay: 0, destinations: [] };
    server.tell({ live });
    await until(() => studio.state().live !== null);
    expect(capture.live.at(-1)).toBe(`${server.address.replace("http", "ws")}/sessions/${server.id}/program`);
    expect(titles()).not.toContain("This browser cannot send the program live.");
    capture.canGoLive = false;
    server.tell({ live });
    await until(() => titles().includes("This browser cannot send the program live."));
    server.tell({ live: null });
    await until(() => studio.state().live === null);
    expect(capture.live.at(-1)).toBe(null);
    expect(titles()).not.toContain("This browser cannot send the program live.");
  });

  it("logs who speaks, and shows the meters", async () => {
    await record();
    const frame = { source: "cam_2", probability: 1, voiceDb: -20, levelDb: -18, peakDb: -9, isSpeaking: true, weight: 1 };
    answer({ kind: "heard", frames: [frame], edges: [{ source: "cam_2", isStart: true, t: 0, edge: 0 }] });
    await until(() => logged("speaking_start").length === 1);
    expect(studio.meters().get("cam_2")).toEqual({ levelDb: -18, peakDb: -9, isSpeaking: true });
    expect(studio.state().speech).toEqual([{ source: "cam_2", start: 0, end: null }]);
  });

  it("leaves a picture that is gone, says how it comes back, and takes it up again", async () => {
    await record();
    capture.events.trouble("cam_1", "The screen is no longer shared.", true);
    await until(() => logged("source_lost").length === 1);
    expect(source("cam_1")).toMatchObject({ isLost: true, trouble: "The screen is no longer shared." });
    const [notice] = studio.state().notices;
    expect([notice!.title, notice!.actions.map(({ label }) => label)]).toEqual(["Screen: The screen is no longer shared.", ["Share again"]]);
    notice!.actions[0]!.run();
    expect(capture.sources[0]!.picture).toMatchObject({ kind: "screen", asked: expect.any(Number) });
    capture.events.trouble("cam_1", null, false);
    await until(() => logged("source_back").length === 1);
    expect([source("cam_1").isLost, titles()]).toEqual([false, []]);
  });

  it("says that a microphone is silent, and stays with its picture", async () => {
    await record();
    capture.events.trouble("cam_1", "This microphone is muted.", false);
    expect(titles()).toEqual(["Screen: This microphone is muted."]);
    capture.events.trouble("cam_1", null, false);
    await wait(50);
    expect([titles(), logged("source_lost")]).toEqual([[], []]);
  });

  it("never uses an id again, and names all that it ever had", async () => {
    await record();
    studio.removeSource("cam_2");
    studio.addMicrophone({ deviceId: "x", channel: 0 });
    expect(studio.state().sources.map(({ id }) => id)).toEqual(["cam_1", "cam_3"]);
    await until(() => logged("sources").length === 1);
    expect((logged("sources")[0]!["sources"] as { id: string }[]).map(({ id }) => id)).toEqual(["cam_1", "cam_2", "cam_3"]);
  });

  it("says that a recording failed, that the picture has less detail, that the worker is gone", async () => {
    await record();
    capture.events.failed("program.mkv", "its encoder gave up.");
    capture.events.reduced("This machine is busy.");
    answer({ kind: "failed", what: "worker", why: "It stopped." });
    expect(titles()).toEqual(["program.mkv is not recorded any more: its encoder gave up.", "The picture is saved with less detail.", "The show cannot hear who speaks."]);
    expect(studio.state().files[0]).toMatchObject({ state: "failed", trouble: "its encoder gave up." });
    capture.events.reduced(null);
    expect([studio.state().format.reduced, titles().length]).toEqual([null, 2]);
    studio.dismiss("worker");
    expect(titles().length).toBe(1);
  });

  it("says when the link is down, and that it is back", async () => {
    await record();
    const port = await server.kill();
    await until(() => titles().includes("The link to the server is down."));
    expect(studio.state().directing.decidedBy).toBe("console");
    await server.listen(port);
    await until(() => titles().length === 0);
  });

  it("says in words that the server does not answer", async () => {
    await studio.addScreen();
    api.start = () => Promise.reject(new ApiError(0, "no_answer", "no answer"));
    await expect(studio.start()).rejects.toThrow("The server does not answer. Is it running?");
    expect(studio.state().phase).toBe("setup");
  });
});

describe("guests from elsewhere", () => {
  const states = () => studio.state().guests.guests.map(({ id, state }) => `${id} ${state}`);
  const track = (identity: string, name: RoomTrack["name"], kind: RoomTrack["kind"]) => ({ name, kind, track: `${identity} ${kind}` as unknown as MediaStreamTrack, isMuted: false });
  /* Who is in the room: guests send both, consoles nothing. */
  function has(there: FakeRoom, ...identities: string[]): void {
    const people = identities.map((identity): RoomPerson => ({
      identity,
      name: identity,
      tracks: identity.startsWith("cam_") ? [track(identity, "camera", "picture"), track(identity, "microphone", "sound")] : [],
    }));
    there.set({ people });
  }
  const published = (there: FakeRoom) => Object.fromEntries(there.published);
  async function withGuest(): Promise<FakeRoom> {
    expect(await studio.addGuest("Wanda")).toBe("http://localhost/#guest=guest-cam_2");
    await until(() => room !== null);
    return room!;
  }

  it("have a link before the show is recorded, and come into it as sources", async () => {
    await studio.addScreen();
    const there = await withGuest();
    expect(studio.state()).toMatchObject({ phase: "setup", sessionId: server.id });
    expect([there.joins, states()]).toEqual([1, ["cam_2 away"]]);
    expect(posted.filter(({ kind }) => kind === "mics").at(-1)).toEqual({ kind: "mics", mics: [{ source: "cam_2", gainDb: null, priorityDb: 0, isApart: true }] });
    expect([asked.wants("cam_2", "camera"), asked.wants("cam_1", "camera"), asked.wants("cam_2", "program")]).toEqual([true, false, false]);
    has(there, "cam_2");
    expect(capture.sources[1]).toMatchObject({ id: "cam_2", microphone: "own", remote: "cam_2 picture+cam_2 sound" });
    expect(states()).toEqual(["cam_2 here"]);
    expect(published(there)).toEqual({ microphone: "voices" }); /* nothing is on air yet */
    await studio.start();
    studio.say("We begin.");
    await until(() => there.published.has("program"));
    expect(published(there)).toEqual({ microphone: "voices", program: "program", "program-sound": "mix" });
    expect(there.said).toEqual(["We begin."]);
    expect(capture.started).toMatchObject({ onAir: "cam_1" });
  });

  it("who leave end their sentence, and are told from those who never came", async () => {
    await studio.addScreen();
    const there = await withGuest();
    await studio.start();
    has(there, "cam_2");
    server.say({ type: "speaking_start", source: "cam_2", t: server.clock() });
    await until(() => studio.state().speech.length === 1);
    has(there);
    await until(() => logged("speaking_stop").length === 1);
    expect(capture.sources[1]).toEqual({ id: "cam_2", picture: { kind: "guest" }, microphone: "own", away: "They left, or their connection broke." });
    expect(states()).toEqual(["cam_2 left"]);
    capture.events.trouble("cam_2", "They left, or their connection broke.", true);
    await until(() => logged("source_lost").length === 1);
    expect(titles()).toEqual(["Wanda: They left, or their connection broke."]);
    has(there, "cam_2");
    capture.events.trouble("cam_2", null, false);
    await until(() => logged("source_back").length === 1);
  });

  it("who are not here yet are not on air first, and are no trouble", async () => {
    await studio.addGuest("Wanda");
    await studio.addScreen();
    await studio.start();
    capture.events.trouble("cam_1", "Not here yet.", true);
    await until(() => logged("source_lost").length === 1);
    expect([capture.started!.onAir, titles()]).toEqual(["cam_2", []]);
  });

  it("say themselves when they speak, or this console says it for them", async () => {
    await studio.addScreen();
    const there = await withGuest();
    await studio.start();
    has(there, "cam_2");
    const edge = (isStart: boolean) => answer({ kind: "heard", frames: [], edges: [{ source: "cam_2", isStart, t: 0, edge: 0 }] });
    edge(true);
    edge(false);
    await wait(5000);
    edge(true);
    await until(() => logged("speaking_start").length === 1);
    expect(studio.state().guests.guests[0]).toMatchObject({ speaksBy: "console" });
    edge(false);
    await until(() => logged("speaking_stop").length === 1);
    server.say({ type: "speaking_start", source: "cam_2", t: server.clock() });
    await until(() => studio.state().guests.guests[0]!.speaksBy === "page");
    edge(true);
    edge(false);
    await wait(100);
    expect(logged("speaking_start").length).toBe(2);
  });

  it("hand in what their own way does not carry", async () => {
    await studio.addScreen();
    const there = await withGuest();
    await studio.start();
    const handed: unknown[] = [];
    api.handIn = async (...given) => void handed.push(given);
    has(there, "cam_2");
    there.hear("cam_2", { type: "speaking_start", t: 5 });
    await until(() => handed.length === 1);
    expect(handed).toEqual([[server.id, "cam_2", { type: "speaking_start", t: 5 }]]);
  });

  it("are muted by the track that the server knows, and removed for good", async () => {
    await studio.addScreen();
    const there = await withGuest();
    has(there, "cam_2");
    await expect(studio.muteGuest("cam_2")).rejects.toThrow("Nothing is heard of them");
    const called: unknown[] = [];
    api.muteGuest = async (...given) => void called.push(given);
    api.removeGuest = async (...given) => {
      called.push(given);
      throw new ApiError(404, "not_found", "nobody of this name");
    };
    server.tell({ livekit: { state: "ok", participants: [{ identity: "cam_2", tracks: [{ sid: "TR_1", kind: "sound", muted: false }] }] }, clients: [] });
    await until(() => (void studio.muteGuest("cam_2").catch(() => {}), called.length > 0));
    studio.askToUnmute("cam_2");
    expect(there.said).toEqual(["Wanda: please unmute your microphone."]);
    await studio.removeGuest("cam_2");
    expect(called[0]).toEqual([server.id, "cam_2", "TR_1"]);
    expect(called.at(-1)).toEqual([server.id, "cam_2"]);
    expect([studio.state().sources.map(({ id }) => id), studio.state().guests.guests]).toEqual([["cam_1"], []]);
    expect(there.leaves).toBe(1); /* nobody is to come */
  });

  it.each(["livekit", "livekit-composite"])("see the program by way of LiveKit's Egress (%s), without any guest", async (egress) => {
    await record();
    expect(room).toBe(null);
    server.tell({ live: { state: "connecting", egress, start: 5, end: null, delay: 0, destinations: [] } });
    await until(() => room !== null);
    await until(() => room!.published.has("program-sound"));
    expect(capture.live.at(-1)).toBe(null); /* the server sends nothing */
    server.tell({ live: null });
    await until(() => room!.leaves === 1);
  });

  it("cannot come where there is no LiveKit", async () => {
    api.me = async () => ({ role: "admin", livekit: false });
    studio = new StudioCore({ api, spool: new MemorySpool(), base: server.address, capture: (_format, events) => (capture = new FakeCapture(events)), helper: () => ({ post: () => {}, close: () => {} }) });
    await until(() => studio.state().guests.can === false);
    await expect(studio.addGuest("Wanda")).rejects.toThrow("CROSSCUT_LIVEKIT_URL");
    expect(studio.state().sources).toEqual([]);
  });
});
