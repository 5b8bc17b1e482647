import { EventEmitter } from "node:events";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ApiError } from "../api";
import { createRoom } from "./index";
import type { RoomAsk } from "./room";
import { encode } from "./wire";

type Livekit = typeof import("livekit-client");

class Publication {
  isMuted = false;
  isSubscribed = false;
  kind: string;
  track: { mediaStreamTrack: MediaStreamTrack; replaceTrack?: (track: MediaStreamTrack) => Promise<void> } | undefined;
  asked: string[] = [];
  constructor(readonly trackName: string, track?: MediaStreamTrack) {
    this.kind = trackName === "camera" || trackName === "program" ? "video" : "audio";
    if (track) this.track = { mediaStreamTrack: track, replaceTrack: async (other) => void (this.track!.mediaStreamTrack = other) };
  }
  setSubscribed(isWanted: boolean): void {
    this.asked.push(String(isWanted));
    this.isSubscribed = isWanted;
  }
  setVideoQuality(quality: number): void {
    this.asked.push(`quality ${quality}`);
  }
  async mute(): Promise<void> {
    this.isMuted = true;
  }
  async unmute(): Promise<void> {
    this.isMuted = false;
  }
}

const track = (kind = "video") => ({ kind, enabled: true }) as MediaStreamTrack;

let rooms: FakeLive[] = [];
let connecting: () => Promise<void> = async () => {};

class FakeLive extends EventEmitter {
  state = "disconnected";
  metadata: string | undefined;
  remoteParticipants = new Map<string, { identity: string; name: string; trackPublications: Map<string, Publication> }>();
  data: { said: Record<string, unknown>; to: string[]; topic: string }[] = [];
  localParticipant = {
    identity: "cam_2",
    name: "Tomas",
    trackPublications: new Map<string, Publication>(),
    publishTrack: async (wish: MediaStreamTrack, { name }: { name: string }) => {
      this.localParticipant.trackPublications.set(name, new Publication(name, wish));
    },
    unpublishTrack: async (gone: Publication["track"]) => {
      for (const [name, one] of this.localParticipant.trackPublications)
        if (one.track === gone) this.localParticipant.trackPublications.delete(name);
    },
    publishData: async (bytes: Uint8Array, { destinationIdentities, topic }: { destinationIdentities: string[]; topic: string }) => {
      this.data.push({ said: JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>, to: destinationIdentities, topic });
    },
  };
  constructor() {
    super();
    rooms.push(this);
  }
  async connect(): Promise<void> {
    await connecting();
    this.state = "connected";
  }
  async disconnect(): Promise<void> {
    this.state = "disconnected";
  }
  come(identity: string, ...names: string[]): Publication[] {
    const all = names.map((name) => new Publication(name, track()));
    this.remoteParticipants.set(identity, { identity, name: "", trackPublications: new Map(all.map((one) => [one.trackName, one])) });
    this.emit("ParticipantConnected");
    return all;
  }
  hears(from: string | null, said: unknown, topic: string): void {
    this.emit("DataReceived", encode(said), from === null ? undefined : { identity: from, name: "" }, 0, topic);
  }
}

const named = new Proxy({}, { get: (_, name) => name });
const livekit = {
  Room: FakeLive,
  RoomEvent: named,
  DisconnectReason: named,
  ConnectionState: { Connected: "connected", Reconnecting: "reconnecting", SignalReconnecting: "signalReconnecting" },
  Track: { Source: named },
  VideoQuality: { LOW: 0, HIGH: 2 },
  isBrowserSupported: () => true,
  setLogLevel: () => {},
} as unknown as Livekit;

const PASS = { url: "ws://x", token: "t", room: "r", identity: "cam_2", role: "guest" as const, end: 0 };
let asked = 0;

function room(ask: Partial<RoomAsk> = {}) {
  const token = async () => {
    asked++;
    return PASS;
  };
  return createRoom({ token, wants: () => true, ...ask }, { livekit: async () => livekit });
}
const settle = () => vi.advanceTimersByTimeAsync(1);

async function joined(ask: Partial<RoomAsk> = {}) {
  const it = room(ask);
  it.join();
  await settle();
  expect(it.state().link).toBe("joined");
  return { it, live: rooms.at(-1)! };
}

beforeEach(() => {
  vi.useFakeTimers();
  rooms = [];
  asked = 0;
  connecting = async () => {};
});
afterEach(() => vi.useRealTimers());

test("who is in the room is said with what they publish, and only what is wanted is taken", async () => {
  const { it, live } = await joined({ wants: (identity, name) => name !== "program-sound" && identity !== "cam_3" });
  const [picture, sound] = live.come("host-a", "program", "program-sound");
  const [own] = live.come("cam_3", "camera");
  live.come("cam_1", "program", "something");
  expect(it.state().people.map(({ identity, tracks }) => [identity, ...tracks.map(({ name, track }) => `${name} ${track !== null}`)])).toEqual([
    ["cam_1"], /* the program is a host's alone */
    ["cam_3", "camera false"],
    ["host-a", "program true", "program-sound false"],
  ]);
  expect([picture!.asked, sound!.asked, own!.asked]).toEqual([["true"], ["false"], ["false"]]);
});

test("a guest takes the others small, and who is on air large", async () => {
  const { live } = await joined();
  const [camera] = live.come("cam_1", "camera");
  live.hears(null, { program: { source: "cam_1", t: 1, reason: "speaks", seq: 4 } }, "crosscut");
  expect(camera!.asked).toEqual(["true", "quality 0", "quality 2"]);
});

test("what is published is published again after the room was lost, with a new token", async () => {
  const { it, live } = await joined();
  const camera = track();
  it.publish("camera", camera);
  it.publish("microphone", track("audio"));
  await settle();
  expect([...live.localParticipant.trackPublications.keys()]).toEqual(["camera", "microphone"]);
  it.publish("microphone", null);
  const other = track();
  it.publish("camera", other);
  await settle();
  expect([...live.localParticipant.trackPublications.values()].map((one) => one.track!.mediaStreamTrack)).toEqual([other]);
  live.emit("Disconnected", undefined);
  expect(it.state().link).toBe("again");
  await vi.advanceTimersByTimeAsync(1000);
  expect([it.state().link, asked]).toEqual(["joined", 2]);
  expect([...rooms.at(-1)!.localParticipant.trackPublications.keys()]).toEqual(["camera"]);
  live.emit("Disconnected", "PARTICIPANT_REMOVED"); /* of the room of before: no matter */
  expect(it.state().link).toBe("joined");
});

test("a room that does not answer is tried again, and it is said", async () => {
  connecting = () => Promise.reject(new Error("no"));
  const it = room();
  it.join();
  await settle();
  expect([it.state().link, it.state().why]).toEqual(["again", expect.stringContaining("tried again")]);
  connecting = async () => {};
  await vi.advanceTimersByTimeAsync(1000);
  expect([it.state().link, it.state().why]).toEqual(["joined", null]);
});

test("what is for good is not tried again: refused by the server, removed by the host, opened elsewhere", async () => {
  const refused = room({ token: () => Promise.reject(new ApiError(409, "stopped", "this show has ended")) });
  refused.join();
  const removed = room({ token: () => Promise.reject(new ApiError(403, "forbidden", "the host removed this guest")) });
  removed.join();
  await settle();
  expect([refused.state().link, refused.state().why]).toEqual(["refused", "This show has ended."]);
  expect(removed.state().link).toBe("removed");
  for (const [reason, words] of [["PARTICIPANT_REMOVED", "took you out"], ["DUPLICATE_IDENTITY", "another window"]] as const) {
    const { it, live } = await joined();
    live.emit("Disconnected", reason);
    await vi.advanceTimersByTimeAsync(20_000);
    expect([it.state().link, it.state().why]).toEqual(["removed", expect.stringContaining(words)]);
  }
});

test("a server that does not answer for a moment is asked again for a token", async () => {
  let isThere = false;
  const it = room({ token: () => (isThere ? Promise.resolve(PASS) : Promise.reject(new ApiError(0, "no_answer", "no answer"))) });
  it.join();
  await settle();
  expect(it.state().link).toBe("again");
  isThere = true;
  await vi.advanceTimersByTimeAsync(1000);
  expect(it.state().link).toBe("joined");
  it.leave();
  await vi.advanceTimersByTimeAsync(20_000);
  expect([it.state().link, rooms.at(-1)!.state]).toEqual(["out", "disconnected"]);
});

test("the program is the server's word alone, in its order", async () => {
  const { it, live } = await joined();
  const program = (source: string, seq: number) => ({ program: { source, t: 10 * seq, reason: "speaks", seq, track: null } });
  live.hears(null, program("cam_1", 5), "crosscut");
  live.hears("cam_3", program("cam_3", 9), "crosscut");
  live.hears(null, program("cam_2", 4), "crosscut");
  live.hears(null, "nonsense", "crosscut");
  expect(it.state().program).toEqual({ source: "cam_1", t: 50, reason: "speaks", seq: 5 });
  live.emit("RoomMetadataChanged", JSON.stringify(program("cam_2", 3))); /* its last word, whatever a message said */
  expect(it.state().program!.source).toBe("cam_2");
});

test("the microphone is muted by oneself or by the host, and stays so", async () => {
  const { it, live } = await joined();
  const microphone = track("audio");
  it.publish("microphone", microphone);
  await settle();
  const publication = live.localParticipant.trackPublications.get("microphone")!;
  publication.isMuted = true;
  live.emit("TrackMuted", publication, { isLocal: true });
  expect(it.state().isMuted).toBe(true);
  it.setMuted(false);
  await settle();
  expect([publication.isMuted, microphone.enabled, it.state().isMuted]).toEqual([false, true, false]);
  it.setMuted(true);
  await settle();
  expect([publication.isMuted, microphone.enabled]).toEqual([true, false]);
});

test("chat goes to hosts and guests, events go to hosts, and nothing to everybody", async () => {
  const { it, live } = await joined();
  it.say("nobody is here");
  expect(it.sendEvent({ type: "speaking_start" })).toBe(false);
  live.come("viewer-x");
  expect(it.sendEvent({ type: "speaking_start" })).toBe(false);
  live.come("host-a");
  live.come("cam_1");
  it.say(" hello ");
  expect(it.sendEvent({ type: "speaking_start", id: "e1" })).toBe(true);
  expect(live.data).toEqual([
    { said: { text: "hello" }, to: ["host-a", "cam_1"], topic: "crosscut-chat" },
    { said: { type: "speaking_start", id: "e1" }, to: ["host-a"], topic: "crosscut-event" },
  ]);
  expect(it.state().chat.map(({ name, text }) => `${name}: ${text}`)).toEqual(["Tomas: nobody is here", "Tomas: hello"]);
});

test("chat is what hosts and guests write, cut short, and no flood", async () => {
  const { it, live } = await joined();
  live.hears("viewer-x", { text: "spam" }, "crosscut-chat");
  live.hears("cam_1", { text: 7 }, "crosscut-chat");
  live.hears("cam_1", { text: "a".repeat(900) }, "crosscut-chat");
  for (let i = 0; i < 20; i++) live.hears("host-a", { text: `line ${i}` }, "crosscut-chat");
  const { chat } = it.state();
  expect([chat.length, chat[0]!.text.length, chat[1]!.name]).toEqual([6, 500, "Host"]);
});

test("events of guests are handed on under the identity that LiveKit gives", async () => {
  const { it, live } = await joined();
  const heard: string[] = [];
  it.onEvent((identity, event) => heard.push(`${identity} ${String(event["type"])}`));
  live.hears("cam_1", { type: "speaking_start", source: "cam_3" }, "crosscut-event");
  live.hears("host-b", { type: "manual_cut" }, "crosscut-event");
  live.hears("viewer-x", { type: "speaking_start" }, "crosscut-event");
  live.hears(null, { type: "speaking_start" }, "crosscut-event");
  expect(heard).toEqual(["cam_1 speaking_start"]);
});
