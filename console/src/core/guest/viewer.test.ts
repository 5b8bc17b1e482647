import { beforeEach, expect, test, vi } from "vitest";
import { FakeRoom } from "../../testing/fake-room";
import { ApiError, type Manifest } from "../api";
import type { RoomAsk, RoomTrack, TrackName } from "../room/room";
import { createViewer, type ViewerParts } from "./viewer";

let room: FakeRoom;
let ask: RoomAsk;
const MANIFEST = { id: "show", name: "Round", started_at: "", state: "recording" } as Manifest;
const track = (name: TrackName, kind: "picture" | "sound"): RoomTrack => ({ name, kind, track: { kind: kind === "picture" ? "video" : "audio" } as MediaStreamTrack, isMuted: false });

beforeEach(() => {
  vi.stubGlobal("MediaStream", class {
    constructor(readonly tracks: MediaStreamTrack[]) {}
  });
});

async function viewer(session: () => Promise<Manifest> = async () => MANIFEST, token: () => Promise<unknown> = async () => ({})) {
  const room_ = (wanted: RoomAsk) => {
    ask = wanted;
    return (room = new FakeRoom());
  };
  const it = createViewer("show", { api: { session, roomTicket: token }, room: room_ } as unknown as ViewerParts);
  await new Promise((done) => setTimeout(done));
  return it;
}

test("a viewer sees and hears the program of a host, and nothing else", async () => {
  const it = await viewer();
  expect([it.state().show, it.state().phase]).toEqual(["Round", "idle"]);
  it.watch();
  expect(it.state().phase).toBe("waiting");
  room.come("host-a", "Host", [track("program", "picture"), track("program-sound", "sound")]);
  expect(it.state().phase).toBe("watching");
  expect((it.state().stream as unknown as { tracks: object[] }).tracks.length).toBe(2);
  expect([ask.wants("host-a", "program"), ask.wants("host-a", "microphone"), ask.wants("cam_1", "program")]).toEqual([true, false, false]);
  room.go("host-a");
  expect([it.state().phase, it.state().stream]).toEqual(["waiting", null]);
});

test("a show that is over and a link that has ended are told apart", async () => {
  expect((await viewer(async () => ({ ...MANIFEST, state: "stopping" }))).state().phase).toBe("ended");
  expect((await viewer(() => Promise.reject(new ApiError(401, "unauthorised", "x")))).state().phase).toBe("refused");
  expect(createViewer(null, {} as ViewerParts).state().phase).toBe("refused");
  const it = await viewer(undefined, () => Promise.reject(new ApiError(409, "stopped", "x")));
  it.watch();
  await expect(ask.token()).rejects.toThrow();
  await new Promise((done) => setTimeout(done));
  expect(it.state().phase).toBe("ended");
});
