import { beforeEach, describe, expect, test, vi } from "vitest";
import { createPhone, type Phone, type PhoneSocket } from "./phone";
import type { PhoneMessage } from "./phone-host";
import type { OwnRecording } from "./own-recorder";

const TOKEN = `g1.${btoa(JSON.stringify({ s: "show", r: "camera", c: "cam_5" })).replace(/=+$/, "")}.mac`;

class FakeSocket implements PhoneSocket {
  said: { to: string; data: PhoneMessage }[] = [];
  isOpen = true;
  private heard = new Map<string, (given: unknown) => void>();
  on(name: string, heard: (...given: never[]) => void): void {
    this.heard.set(name, heard as (given: unknown) => void);
  }
  emit(_name: string, value: unknown): void {
    this.said.push(value as { to: string; data: PhoneMessage });
  }
  disconnect(): void {
    this.isOpen = false;
  }
  async hear(name: string, given: unknown): Promise<void> {
    this.heard.get(name)?.(given);
    await new Promise((done) => setTimeout(done));
  }
  kinds = () => this.said.map(({ to, data }) => `${to} ${data.kind}`);
}

class FakePeer {
  connectionState = "new";
  remoteDescription: object | null = null;
  localDescription: { sdp: string } | null = null;
  candidates: object[] = [];
  onconnectionstatechange: (() => void) | null = null;
  onicecandidate = null;
  addTrack = () => ({ getParameters: () => ({}), setParameters: () => Promise.resolve() });
  getSenders = () => [];
  createOffer = async () => ({ type: "offer", sdp: "offered" });
  setLocalDescription = async (it: { sdp: string }) => void (this.localDescription = it);
  setRemoteDescription = async (it: object) => void (this.remoteDescription = it);
  addIceCandidate = async (it: object) => void this.candidates.push(it);
  close = () => {};
  become(state: string): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }
}

let socket: FakeSocket;
let peers: FakePeer[];
let phone: Phone;
const stream = { getTracks: () => [{ kind: "video", stop: () => {}, contentHint: "" }] } as unknown as MediaStream;

beforeEach(() => {
  vi.stubGlobal("document", { addEventListener: () => {}, removeEventListener: () => {}, visibilityState: "hidden" });
  socket = new FakeSocket();
  peers = [];
  phone = createPhone(TOKEN, {
    socket: () => socket,
    peer: () => {
      peers.push(new FakePeer());
      return peers.at(-1) as unknown as RTCPeerConnection;
    },
    camera: async () => stream,
  });
});

async function connect(): Promise<FakePeer> {
  await phone.start();
  await socket.hear("state", { state: "recording", clients: [{ client: "me", role: "camera" }, { client: "host", role: "admin" }] });
  await socket.hear("signal", { from: "host", data: { kind: "hello", source: "cam_5" } });
  await socket.hear("signal", { from: "host", data: { kind: "answer", sdp: "answered" } });
  return peers.at(-1)!;
}

describe("a phone", () => {
  test("greets the console, and calls it when it answers", async () => {
    const peer = await connect();
    expect(socket.kinds()).toEqual(["host hello", "host offer"]);
    expect(phone.state().phase).toBe("connecting");
    peer.become("connected");
    expect(phone.state().phase).toBe("ready");
  });

  test("waits for a console that is not there yet", async () => {
    await phone.start();
    await socket.hear("state", { state: "recording", clients: [{ client: "me", role: "camera" }] });
    expect(socket.kinds()).toEqual([]);
    await socket.hear("state", { state: "recording", clients: [{ client: "late", role: "admin" }] });
    expect(socket.kinds()).toEqual(["late hello"]);
  });

  test("keeps candidates that come before the answer", async () => {
    await phone.start();
    await socket.hear("state", { clients: [{ client: "host", role: "admin" }] });
    await socket.hear("signal", { from: "host", data: { kind: "hello", source: "cam_5" } });
    await socket.hear("signal", { from: "host", data: { kind: "ice", candidate: { candidate: "early" } } });
    expect(peers[0]!.candidates).toEqual([]);
    await socket.hear("signal", { from: "host", data: { kind: "answer", sdp: "answered" } });
    expect(peers[0]!.candidates).toEqual([{ candidate: "early" }]);
  });

  test("greets the console that was reloaded", async () => {
    await connect();
    await socket.hear("state", { clients: [{ client: "host-2", role: "admin" }] });
    expect(socket.kinds().at(-1)).toBe("host-2 hello");
  });

  test("listens to no one but the console", async () => {
    await connect();
    await socket.hear("signal", { from: "other", data: { kind: "bye" } });
    expect(socket.kinds()).toEqual(["host hello", "host offer"]);
    expect(peers.length).toBe(1);
  });

  test("says when it is recorded: by the log, and only of itself", async () => {
    (await connect()).become("connected");
    await socket.hear("event", { type: "record_start", source: "cam_1" });
    expect(phone.state().phase).toBe("ready");
    await socket.hear("event", { type: "record_start", source: "cam_5" });
    expect(phone.state().phase).toBe("recording");
    await socket.hear("event", { type: "record_stop", source: "cam_5" });
    expect(phone.state().phase).toBe("ready");
  });

  test("lets go of the camera when the show is over", async () => {
    await connect();
    await socket.hear("state", { state: "stopping", clients: [] });
    expect(phone.state()).toMatchObject({ phase: "ended", stream: null });
    expect(socket.isOpen).toBe(false);
  });

  test("records itself from the consent on, and sends on when the show is over", async () => {
    const calls: string[] = [];
    const own: OwnRecording = { state: "off", leftBytes: 0, why: null };
    let changed = () => {};
    const recorder = {
      own,
      look: async () => void calls.push("look"),
      join: (it: MediaStream) => void calls.push(it === stream ? "join" : "?"),
      change: () => {},
      over: () => void calls.push("over"),
      close: () => void calls.push("close"),
    };
    const recorded = createPhone(TOKEN, {
      socket: () => socket,
      peer: () => new FakePeer() as unknown as RTCPeerConnection,
      camera: async () => stream,
      own: (guest, tell) => {
        expect(guest).toEqual({ token: TOKEN, session: "show", source: "cam_5" });
        changed = tell;
        return recorder;
      },
    });
    expect(calls).toEqual(["look"]);
    await recorded.start();
    expect(calls).toEqual(["look", "join"]);
    recorder.own = { state: "recording", leftBytes: 7, why: null };
    changed();
    expect(recorded.state()).toMatchObject({ phase: "recording", own: { leftBytes: 7 } });
    await socket.hear("state", { state: "stopping", clients: [] });
    expect(calls).toEqual(["look", "join", "over"]);
    expect(recorded.state()).toMatchObject({ phase: "ended", stream: null });
    recorded.leave();
    expect(calls.at(-1)).toBe("close");
  });

  test("says what to do when the camera is not allowed", async () => {
    const refused = createPhone(TOKEN, {
      socket: () => socket,
      peer: () => new FakePeer() as unknown as RTCPeerConnection,
      camera: () => Promise.reject(Object.assign(new Error("no"), { name: "NotAllowedError" })),
    });
    await expect(refused.start()).rejects.toThrow("Allow it in the browser's settings");
    expect(refused.state().phase).toBe("idle");
  });

  test("refuses a link that is none", () => {
    expect(createPhone("nonsense").state().phase).toBe("refused");
  });
});
