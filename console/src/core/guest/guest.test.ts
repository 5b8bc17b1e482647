import { beforeEach, expect, test, vi } from "vitest";
import { FakeRoom } from "../../testing/fake-room";
import { ApiError, type Manifest } from "../api";
import type { SoundMessage } from "../capture/protocol";
import { emptyView, withLine, type LogView } from "../log-view";
import type { OwnRecording } from "../own-recorder";
import type { RoomAsk } from "../room/room";
import type { Device } from "../studio";
import type { FromWorker, ToWorker } from "../worker";
import { GuestCore, type GuestParts } from "./index";
import type { LineHooks } from "./line";
import type { MediaWish } from "./media";

class FakeTrack {
  enabled = true;
  readyState = "live";
  onended: (() => void) | null = null;
  contentHint = "";
  constructor(
    readonly kind: "video" | "audio",
    readonly deviceId: string,
  ) {}
  getSettings = () => ({ deviceId: this.deviceId });
  stop(): void {
    this.readyState = "ended";
  }
}

class FakeStream {
  constructor(readonly tracks: FakeTrack[] = []) {}
  getTracks = () => this.tracks;
  getVideoTracks = () => this.tracks.filter(({ kind }) => kind === "video");
  getAudioTracks = () => this.tracks.filter(({ kind }) => kind === "audio");
}

class FakeLine {
  view: LogView = emptyView([], {});
  next: string | null = null;
  state: "connecting" | "online" | "by-room" | "offline" = "online";
  logged: { type: string; members: object }[] = [];
  isClosed = false;
  constructor(readonly hooks: LineHooks) {}
  clock = () => 5000;
  onAir = () => this.view.directing.onAir;
  elsewhere = () => null;
  log = (type: string, members: object) => void this.logged.push({ type, members });
  close = () => void (this.isClosed = true);
  say(line: { type: string; source?: string; file?: string }): void {
    this.view = withLine(this.view, { id: "x", t: 0, ...line });
    this.hooks.changed();
  }
}

const LINK = { token: "t", session: "show", source: "cam_2" };
const MANIFEST = { id: "show", name: "The Tuesday Round", started_at: "", state: "recording", sources: [{ id: "cam_1", label: "Maya" }, { id: "cam_2", label: "Tomas" }] } as Manifest;

let room: FakeRoom;
let ask: RoomAsk;
let line: FakeLine;
let opened: { wish: MediaWish; wants: { picture: boolean; sound: boolean } }[];
let devices: Device[];
let deviceChange: () => void;
let posted: ToWorker[];
let answer: (message: FromWorker) => void;
let hear: (message: SoundMessage) => void;
let heard: (MediaStreamTrack | null)[];
let recorder: { own: OwnRecording; calls: string[] };
let session: () => Promise<Manifest>;
let token: () => Promise<unknown>;
let failing: Error | null;
let busy: string | null;

beforeEach(() => {
  vi.stubGlobal("MediaStream", FakeStream);
  opened = [];
  posted = [];
  heard = [];
  failing = busy = null;
  recorder = { own: { state: "off", leftBytes: 0, why: null }, calls: [] };
  session = async () => MANIFEST;
  token = async () => ({});
  devices = [
    { deviceId: "c1", label: "Camera", kind: "camera", channels: 0 },
    { deviceId: "m1", label: "Microphone", kind: "microphone", channels: 1 },
  ];
});

async function guest(link: typeof LINK | null = LINK): Promise<GuestCore> {
  const parts = {
    api: { session: () => session(), roomTicket: () => token() },
    media: {
      open: async (wish: MediaWish, wants: { picture: boolean; sound: boolean }) => {
        if (failing) throw failing;
        if (busy !== null && wish.microphoneId === busy) throw Object.assign(new Error("busy"), { name: "NotReadableError" });
        opened.push({ wish, wants });
        return new FakeStream([
          ...(wants.picture ? [new FakeTrack("video", wish.cameraId ?? "c1")] : []),
          ...(wants.sound ? [new FakeTrack("audio", wish.microphoneId ?? "m1")] : []),
        ]) as unknown as MediaStream;
      },
      devices: async () => devices,
      onChange: (changed: () => void) => {
        deviceChange = changed;
        return () => {};
      },
    },
    room: (wanted: RoomAsk) => {
      ask = wanted;
      return (room = new FakeRoom());
    },
    line: (_parts: unknown, hooks: LineHooks) => (line = new FakeLine(hooks)),
    sound: (listener: typeof hear) => {
      hear = listener;
      return { listen: (track: MediaStreamTrack | null) => void heard.push(track), resume: () => {}, close: () => {} };
    },
    helper: (answered: typeof answer) => {
      answer = answered;
      return { post: (message: ToWorker) => void posted.push(message), close: () => {} };
    },
    keepAwake: () => () => {},
    own: (_guest: unknown, changed: () => void) => {
      const say = (name: string) => () => {
        recorder.calls.push(name);
        changed();
      };
      return { get own() { return recorder.own; }, look: async () => {}, join: say("join"), change: say("change"), told: say("told"), pending: () => [], over: say("over"), close: say("close") };
    },
  } as unknown as GuestParts;
  const it = new GuestCore(link, parts);
  await settle();
  return it;
}
const settle = () => new Promise((done) => setTimeout(done, 5));

async function inside(): Promise<GuestCore> {
  const it = await guest();
  await it.askDevices();
  it.agree(true);
  it.join();
  await settle();
  expect(it.state().phase).toBe("in");
  return it;
}

test("the green room says whose link it is, and nothing leaves it before they agreed and joined", async () => {
  const it = await guest();
  expect([it.state().name, it.state().show]).toEqual(["Tomas", "The Tuesday Round"]);
  await it.askDevices();
  it.join();
  expect([it.state().phase, room.joins, room.published.size, recorder.calls]).toEqual(["green", 0, 0, []]);
  it.agree(true);
  it.join();
  await settle();
  expect([it.state().phase, room.joins, [...room.published.keys()], recorder.calls]).toEqual(["in", 1, ["camera", "microphone"], ["join"]]);
});

test("echo is cancelled unless they wear headphones, and only what changes is opened again", async () => {
  const it = await guest();
  await it.askDevices();
  await it.choose({ hasHeadphones: true });
  expect(opened.map(({ wish, wants }) => [wish.hasHeadphones, wants])).toEqual([
    [false, { picture: true, sound: true }],
    [true, { picture: false, sound: true }],
  ]);
  await it.choose({ cameraId: "c2" });
  expect([opened.at(-1)!.wants, it.state().cameraId, it.state().stream!.getTracks().length]).toEqual([{ picture: true, sound: false }, "c2", 2]);
});

test("devices that are refused are said, and so is what a choice could not open", async () => {
  const it = await guest();
  failing = Object.assign(new Error("no"), { name: "NotAllowedError" });
  await expect(it.askDevices()).rejects.toThrow("were not allowed");
  expect(it.state().permission).toBe("denied");
  failing = null;
  await it.askDevices();
  busy = "m2";
  await it.choose({ microphoneId: "m2" });
  expect([it.state().trouble, it.state().microphoneId]).toEqual([expect.stringContaining("Another program"), "m1"]);
  expect(it.state().stream!.getAudioTracks().map(({ readyState }) => readyState)).toEqual(["live"]);
});

test("the sound check says how loud they are, and gives the detector their level", async () => {
  const it = await guest();
  await it.askDevices();
  const checked = (gainDb: number | null) => {
    it.startCheck();
    expect(it.state().check).not.toBeNull();
    answer({ kind: "checked", source: "cam_2", result: gainDb === null ? null : { source: "cam_2", gainDb, voice: {} } });
    return it.state().loudness;
  };
  expect([checked(-60), checked(-5), checked(null), checked(-25)]).toEqual(["quiet", "loud", "unheard", "fine"]);
  expect(posted.at(-1)).toEqual({ kind: "mics", mics: [{ source: "cam_2", gainDb: -25, priorityDb: 0 }] });
});

test("what they say counts from the moment they are in, on the session clock", async () => {
  const it = await guest();
  await it.askDevices();
  const sound = { frame: 0, wall: Date.now(), mics: [{ source: "cam_2", channels: [new Float32Array(1536)] }] };
  hear(sound);
  expect(posted.at(-1)).toMatchObject({ kind: "sound", isShow: false });
  it.agree(true);
  it.join();
  hear({ ...sound, frame: 1536 });
  const last = posted.at(-1) as Extract<ToWorker, { kind: "sound" }>;
  expect([last.isShow, Math.abs(last.t - 5000) < 500]).toEqual([true, true]);
  answer({ kind: "heard", frames: [], edges: [{ source: "cam_2", isStart: true, t: 4900.4, edge: 4700.6 }] });
  expect(line.logged).toEqual([{ type: "speaking_start", members: { t: 4900, edge_t: 4701 } }]);
});

test("they know when they are on air, or next", async () => {
  const it = await inside();
  line.say({ type: "switch", source: "cam_1" });
  expect([it.state().tally, it.state().large.name]).toEqual(["off", "Maya"]);
  line.next = "cam_2";
  line.hooks.changed();
  expect(it.state().tally).toBe("next");
  line.say({ type: "switch", source: "cam_2" });
  expect(it.state().tally).toBe("air");
  line.say({ type: "record_start", source: "program", file: "program.mkv" });
  expect(it.state().isRecorded).toBe(true);
});

test("it is said who muted them, and they may speak again", async () => {
  const it = await inside();
  it.setMuted(true);
  expect(it.state().mutedBy).toBe("self");
  it.setMuted(false);
  expect(it.state().mutedBy).toBeNull();
  room.set({ isMuted: true });
  expect(it.state().mutedBy).toBe("host");
  it.setMuted(false);
  expect([it.state().mutedBy, room.state().isMuted]).toEqual([null, false]);
});

test("another camera in the show is published and recorded in place of the first", async () => {
  const it = await inside();
  const before = room.published.get("camera");
  await it.choose({ cameraId: "c2" });
  expect(room.published.get("camera")).not.toBe(before);
  expect(recorder.calls).toEqual(["join", "change"]);
});

test("a camera that was pulled is said, and another one takes its place", async () => {
  const it = await inside();
  const camera = it.state().stream!.getVideoTracks()[0] as unknown as FakeTrack;
  camera.stop();
  camera.onended?.();
  expect(it.state().trouble).toContain("unplugged");
  devices = [{ deviceId: "c9", label: "Other", kind: "camera", channels: 0 }, devices[1]!];
  deviceChange();
  await settle();
  expect([it.state().trouble, opened.at(-1)!.wants]).toEqual([null, { picture: true, sound: false }]);
});

test("each end has its own words, and what was recorded is sent unless the link is not valid", async () => {
  const ends: [() => void, string, string, string][] = [
    [() => room.set({ link: "removed", why: "The host took you out of the show." }), "removed", "took you out", "over"],
    [() => room.set({ link: "refused", why: "No." }), "refused", "No.", "close"],
    [() => line.hooks.ended(), "ended", "Thank you", "over"],
    [() => line.hooks.denied("unauthorised", ""), "refused", "not valid", "close"],
  ];
  for (const [happens, phase, why, recording] of ends) {
    const it = await inside();
    const tracks = it.state().stream!.getTracks() as unknown as FakeTrack[];
    happens();
    expect([it.state().phase, it.state().why, recorder.calls.at(-1)]).toEqual([phase, expect.stringContaining(why), recording]);
    expect(tracks.map(({ readyState }) => readyState)).toEqual(["ended", "ended"]);
    expect([room.leaves, line.isClosed]).toEqual([1, true]);
    recorder.calls = [];
  }
  const it = await inside();
  it.leave();
  expect([it.state().phase, recorder.calls.at(-1)]).toEqual(["left", "over"]);
});

test("a link that leads nowhere is said at once", async () => {
  expect((await guest(null)).state().phase).toBe("refused");
  session = () => Promise.reject(new ApiError(401, "unauthorised", "this link has ended"));
  expect((await guest()).state().phase).toBe("refused");
  session = async () => ({ ...MANIFEST, state: "complete" });
  expect((await guest()).state().phase).toBe("ended");
  session = () => Promise.reject(new ApiError(404, "not_found", "there is no such show"));
  expect((await guest()).state().phase).toBe("ended");
});

test("a studio without LiveKit is named as such", async () => {
  await guest();
  token = () => Promise.reject(new ApiError(409, "conflict", "LiveKit is not set up: CROSSCUT_…"));
  await expect(ask.token()).rejects.toThrow("cannot take guests from elsewhere");
});
