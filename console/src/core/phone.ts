/* A phone that is a camera of somebody's show: its picture and sound go to the console over WebRTC,
 * arranged over `signal`. The console makes a recording, as of any camera; the phone makes its own,
 * where it can (own-recorder.ts). */
import { io } from "socket.io-client";
import { endOf, invitedAs, type Invitation } from "./invitation";
import type { PhoneMessage } from "./phone-host";
import { NO_RECORDING, type OwnRecording, type OwnRecorder } from "./own-recorder";
import { Store } from "./store";
import { keepAwake } from "./wake";

export interface PhoneState {
  phase: "idle" | "asking" | "connecting" | "ready" | "recording" | "ended" | "refused";
  stream: MediaStream | null;
  facing: "user" | "environment";
  trouble: string | null; /* in plain words */
  own: OwnRecording; /* what it records of itself */
}

export interface Phone {
  state(): PhoneState;
  subscribe(changed: () => void): () => void;
  /* Asks for the camera, then joins. Rejects with a message for people. */
  start(): Promise<void>;
  flip(): Promise<void>;
  leave(): void;
}

/* The part of Socket.IO's client that is used here. */
export interface PhoneSocket {
  on(name: string, heard: (...given: never[]) => void): unknown;
  emit(name: string, value: unknown): unknown;
  disconnect(): unknown;
}

export interface PhoneParts {
  socket: (auth: object) => PhoneSocket;
  peer: () => RTCPeerConnection;
  camera: (facing: PhoneState["facing"]) => Promise<MediaStream>;
  own?: (link: Invitation, changed: () => void) => Pick<OwnRecorder, "own" | "look" | "join" | "change" | "over" | "close">;
}

function openCamera(facing: PhoneState["facing"]): Promise<MediaStream> {
  if (!navigator.mediaDevices) throw new Error("This browser gives its camera to https addresses only.");
  return navigator.mediaDevices.getUserMedia({
    video: { facingMode: facing, width: { ideal: 1920 }, height: { ideal: 1080 }, frameRate: { ideal: 30 } },
    /* Raw, as every microphone of a show: what follows compares levels. */
    audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
  });
}

export const BROWSER: PhoneParts = {
  socket: (auth) => io("/", { path: "/socket.io/", forceNew: true, transports: ["websocket", "polling"], tryAllTransports: true, reconnectionDelayMax: 3000, auth }),
  peer: () => new RTCPeerConnection(),
  camera: openCamera,
};

function whyNoCamera(error: unknown): string {
  const name = error instanceof Error ? error.name : "";
  if (name === "NotAllowedError") return "The camera was not allowed. Allow it in the browser's settings for this page, and try again.";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "This device has no such camera.";
  if (name === "NotReadableError") return "Another app has the camera. Close it, and try again.";
  return error instanceof Error ? error.message : String(error);
}

export function createPhone(token: string, parts: PhoneParts = BROWSER): Phone {
  return new PhoneCore(invitedAs("camera", token), parts);
}

class PhoneCore implements Phone {
  private readonly store: Store<PhoneState>;
  private socket: PhoneSocket | null = null;
  private peer: RTCPeerConnection | null = null;
  private host: string | null = null; /* the client id of the console */
  private early: RTCIceCandidateInit[] = []; /* came before the answer that they belong to */
  private letSleep: (() => void) | null = null;
  private isConnected = false;
  private isRecording = false;
  private readonly recorder: ReturnType<NonNullable<PhoneParts["own"]>> | null;

  constructor(
    private readonly link: Invitation | null,
    private readonly parts: PhoneParts,
  ) {
    this.store = new Store<PhoneState>({ phase: link ? "idle" : "refused", stream: null, facing: "environment", trouble: null, own: NO_RECORDING });
    this.recorder = (link && parts.own?.(link, () => this.ownChanged())) || null;
    void this.recorder?.look();
  }

  state = (): PhoneState => this.store.get();
  subscribe = (changed: () => void): (() => void) => this.store.subscribe(changed);

  async start(): Promise<void> {
    if (this.state().phase !== "idle" || !this.link) return;
    this.store.set({ phase: "asking", trouble: null });
    try {
      this.store.set({ stream: await this.parts.camera(this.state().facing), phase: "connecting" });
    } catch (error) {
      this.store.set({ phase: "idle" });
      throw new Error(whyNoCamera(error));
    }
    this.letSleep = keepAwake();
    this.recorder?.join(this.state().stream!);
    this.join();
  }

  async flip(): Promise<void> {
    const facing = this.state().facing === "user" ? "environment" : "user";
    const before = this.state().stream;
    /* Most phones have one camera open at a time. */
    before?.getTracks().forEach((track) => track.stop());
    let stream: MediaStream;
    try {
      stream = await this.parts.camera(facing);
    } catch (error) {
      this.store.set({ stream: await this.parts.camera(this.state().facing).catch(() => null) });
      this.recorder?.change(this.state().stream);
      await this.send();
      throw new Error(whyNoCamera(error));
    }
    this.store.set({ stream, facing });
    this.recorder?.change(stream);
    await this.send();
  }

  leave(): void {
    this.recorder?.close();
    this.letGo();
    this.letSleep?.();
    this.letSleep = null;
  }

  /* Of the camera and the studio; what was recorded is still sent. */
  private letGo(): void {
    if (this.host) this.signal({ kind: "bye" });
    this.hangUp();
    this.socket?.disconnect();
    this.socket = null;
    this.state().stream?.getTracks().forEach((track) => track.stop());
    this.store.set({ stream: null });
  }

  private join(): void {
    const { token, session, source: own } = this.link!;
    const socket = this.parts.socket({ token, sessionId: session, lastSeq: 0, epoch: 0 });
    this.socket = socket;
    socket.on("state", (state: { state?: string; clients?: { client: string; role: string }[] }) => this.heard(state));
    socket.on("signal", ({ from, data }: { from: string; data: PhoneMessage }) => void this.signalled(from, data));
    socket.on("event", ({ type, source }: { type: string; source?: string }) => {
      if (source !== own) return;
      if (type === "record_start") this.isRecording = true;
      if (type === "record_stop") this.isRecording = false;
      this.showPhase();
    });
    socket.on("connect_error", ({ data }: { data?: { code?: string } }) => {
      const end = endOf(data?.code ?? "");
      if (end) this.end(end);
    });
    socket.on("disconnect", () => this.store.set({ trouble: "The server is out of reach; it is tried again." }));
    socket.on("welcome", () => this.store.set({ trouble: null }));
  }

  /* Who is there: the first console that is found is greeted; so is the one that comes after it. */
  private heard({ state, clients }: { state?: string; clients?: { client: string; role: string }[] }): void {
    if (state === "stopping" || state === "complete") return this.end("ended");
    const consoles = (clients ?? []).filter(({ role }) => role === "admin").map(({ client }) => client);
    if (this.host && consoles.includes(this.host)) return;
    this.hangUp();
    this.host = consoles.at(-1) ?? null;
    if (this.host) this.signal({ kind: "hello", source: this.link!.source });
  }

  private async signalled(from: string, message: PhoneMessage): Promise<void> {
    if (from !== this.host) return;
    if (message.kind === "hello") return this.call();
    if (message.kind === "bye") return this.hangUp();
    if (!this.peer) return;
    if (message.kind === "answer") {
      await this.peer.setRemoteDescription({ type: "answer", sdp: message.sdp });
      for (const candidate of this.early.splice(0)) await this.peer.addIceCandidate(candidate).catch(() => {});
    }
    if (message.kind === "ice") {
      if (this.peer.remoteDescription) await this.peer.addIceCandidate(message.candidate).catch(() => {});
      else this.early.push(message.candidate);
    }
  }

  private async call(): Promise<void> {
    const host = this.host;
    this.hangUp();
    this.host = host;
    const peer = this.parts.peer();
    this.peer = peer;
    const { stream } = this.state();
    for (const track of stream?.getTracks() ?? []) {
      if (track.kind === "video") track.contentHint = "motion";
      keepSize(peer.addTrack(track, stream!));
    }
    peer.onicecandidate = ({ candidate }) => {
      if (candidate && peer === this.peer) this.signal({ kind: "ice", candidate: candidate.toJSON() });
    };
    peer.onconnectionstatechange = () => {
      if (peer !== this.peer) return;
      this.isConnected = peer.connectionState === "connected";
      this.showPhase();
      /* Greeted anew, the console forgets the old call and answers. */
      if (peer.connectionState === "failed" && this.host) this.signal({ kind: "hello", source: this.link!.source });
    };
    const offer = await peer.createOffer();
    await peer.setLocalDescription(offer);
    this.signal({ kind: "offer", sdp: peer.localDescription?.sdp ?? offer.sdp ?? "" });
  }

  /* The tracks of now go into the call that is there. */
  private async send(): Promise<void> {
    for (const sender of this.peer?.getSenders() ?? []) {
      const track = this.state().stream?.getTracks().find(({ kind }) => kind === sender.track?.kind);
      await sender.replaceTrack(track ?? null);
    }
  }

  private signal(data: PhoneMessage): void {
    this.socket?.emit("signal", { to: this.host, data });
  }

  private hangUp(): void {
    this.peer?.close();
    this.peer = null;
    this.early = [];
    this.isConnected = false;
    this.host = null;
    this.showPhase();
  }

  private showPhase(): void {
    const { phase } = this.state();
    if (phase !== "connecting" && phase !== "ready" && phase !== "recording") return;
    const isRecorded = (this.isConnected && this.isRecording) || this.state().own.state === "recording";
    this.store.set({ phase: isRecorded ? "recording" : this.isConnected ? "ready" : "connecting" });
  }

  private ownChanged(): void {
    this.store.set({ own: this.recorder!.own });
    this.showPhase();
    this.maySleep();
  }

  /* A phone that sleeps sends nothing. */
  private maySleep(): void {
    const { phase, own } = this.state();
    if ((phase !== "ended" && phase !== "refused") || own.state === "recording" || own.state === "sending") return;
    this.letSleep?.();
    this.letSleep = null;
  }

  private end(phase: "ended" | "refused"): void {
    if (phase === "ended") this.recorder?.over();
    else this.recorder?.close();
    this.letGo();
    this.store.set({ phase, trouble: null });
    this.maySleep();
  }
}

/* Under load a smoother picture of the same size: a camera of a show never changes its size. */
function keepSize(sender: RTCRtpSender): void {
  const parameters = sender.getParameters();
  sender.setParameters({ ...parameters, degradationPreference: "maintain-resolution" } as RTCRtpSendParameters).catch(() => {});
}
