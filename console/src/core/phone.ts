/* The phone's side: it opened its link, is asked for its camera, sends the picture to the console by
 * WebRTC, and records its own file, which reaches the server whatever the wireless does. */
import { Api, takeToken } from "./api";
import type { Capture, CaptureEvents } from "./capture";
import { START_FORMAT } from "./format";
import { Link } from "./link/link";
import { newId } from "./ids";
import type { PhoneMessage } from "./phone-host";
import type { Spool } from "./spool";
import { Store } from "./store";
import type { Format, SourceId } from "./studio";
import { Tus } from "./upload/tus";
import { nextPart, Uploads } from "./upload/uploads";
import { keepAwake } from "./wake";

export interface PhoneState {
  phase: "asking" | "connecting" | "ready" | "recording" | "sending" | "done" | "refused";
  showName: string;
  label: string; /* of this phone's source */
  stream: MediaStream | null;
  isSeen: boolean; /* the console has the picture */
  sentBytes: number;
  bytes: number;
  trouble: string | null; /* in plain words, with what to do */
}

export interface Phone {
  state(): PhoneState;
  subscribe(changed: () => void): () => void;
  /* After the person agreed to be recorded: a tap, since browsers want one. */
  begin(): Promise<void>;
  turn(): Promise<void>; /* to the other camera; not while it records */
  leave(): void;
}

export interface PhoneParts {
  spool: Spool;
  capture: (format: Format, events: CaptureEvents) => Capture;
}

interface Guest {
  token: string;
  sessionId: string;
  source: SourceId;
}

/* What a link's token says of itself; the server checks it, this only reads it. */
export function readGuest(token: string): Guest | null {
  try {
    const text = atob(token.split(".")[1]!.replace(/-/g, "+").replace(/_/g, "/"));
    const { s, c } = JSON.parse(text) as { s?: string; c?: string };
    return typeof s === "string" && typeof c === "string" ? { token, sessionId: s, source: c } : null;
  } catch {
    return null;
  }
}

/* The token of this page's address. It stays there, so that a reload finds it. */
export function guestOf(address: string): Guest | null {
  const { guest } = takeToken(address);
  return guest === null ? null : readGuest(guest);
}

const GRACE_MS = 3000; /* the console has no person at a phone: it stops with the show */

export function createPhone(guest: Guest, parts: PhoneParts): Phone {
  return new PhoneCore(guest, parts);
}

class PhoneCore implements Phone {
  private readonly store: Store<PhoneState>;
  private readonly api: Api;
  private readonly capture: Capture;
  private readonly uploads: Uploads;
  private link: Link | null = null;
  private peer: RTCPeerConnection | null = null;
  private host: string | null = null;
  private letSleep: (() => void) | null = null;
  private facing: "user" | "environment" = "environment";

  constructor(
    private readonly guest: Guest,
    private readonly parts: PhoneParts,
  ) {
    this.store = new Store<PhoneState>({
      phase: "asking",
      showName: "",
      label: guest.source,
      stream: null,
      isSeen: false,
      sentBytes: 0,
      bytes: 0,
      trouble: navigator.mediaDevices ? null : "This browser gives no camera to this address: it has to begin with https.",
    });
    this.api = new Api({ token: () => guest.token });
    this.uploads = new Uploads({
      sessionId: guest.sessionId,
      tus: new Tus({ token: () => guest.token }),
      /* What is due is the console's to say; a guest only sends and compares. */
      api: { files: () => Promise.resolve({}), session: (id) => this.api.session(id) },
      changed: () => this.project(),
    });
    this.capture = parts.capture(START_FORMAT, {
      stream: () => {},
      trouble: (_source, why) => this.store.set({ trouble: why }),
      recordStart: ({ name, source, start, video, audio }) => {
        if (source !== null) this.log("record_start", { file: name, start, video, audio });
      },
      recordStop: ({ name, source, end, gaps }) => {
        if (source !== null) this.log("record_stop", { file: name, end, gaps });
      },
      cut: () => {},
      reduced: () => {},
      failed: (_name, why) => this.store.set({ trouble: why }),
    });
  }

  state = (): PhoneState => this.store.get();
  subscribe = (changed: () => void): (() => void) => this.store.subscribe(changed);

  async begin(): Promise<void> {
    this.store.set({ phase: "connecting", trouble: null });
    try {
      await this.look();
      this.connect();
      this.letSleep ??= keepAwake();
    } catch (error) {
      this.store.set({ phase: "asking", trouble: inWords(error) });
    }
  }

  async turn(): Promise<void> {
    if (this.state().phase === "recording") return;
    this.facing = this.facing === "user" ? "environment" : "user";
    await this.look();
    for (const sender of this.peer?.getSenders() ?? []) {
      const track = this.state().stream?.getTracks().find(({ kind }) => kind === sender.track?.kind);
      if (track) await sender.replaceTrack(track);
    }
  }

  leave(): void {
    if (this.host !== null) this.link?.signal(this.host, { kind: "bye" } satisfies PhoneMessage);
    this.peer?.close();
    this.link?.close();
    this.letSleep?.();
    this.state().stream?.getTracks().forEach((track) => track.stop());
  }

  private async look(): Promise<void> {
    this.state().stream?.getTracks().forEach((track) => track.stop());
    const stream = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: this.facing, width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } },
      audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    });
    this.store.set({ stream });
    await this.capture.setSources([
      { id: this.guest.source, picture: { kind: "phone", clientId: "" }, microphone: "own", phone: stream },
    ]);
  }

  private connect(): void {
    const { token, sessionId } = this.guest;
    this.link ??= new Link({
      sessionId,
      token: () => token,
      epoch: () => 0,
      hooks: {
        welcome: ({ session }) => {
          const label = session.sources?.find(({ id }) => id === this.guest.source)?.label ?? this.guest.source;
          this.store.set({ showName: session.name ?? "", label, phase: this.state().phase === "connecting" ? "ready" : this.state().phase });
          this.uploads.retry();
          void this.link!.measure();
        },
        event: (line) => {
          /* Whoever has the cameras is who writes record_start of the program. */
          if (line.type === "record_start" && line.source === "program") void this.record();
        },
        replayed: () => {},
        acknowledged: () => {},
        refused: () => {},
        state: ({ clients, state }) => {
          if (Array.isArray(clients)) this.meet(clients.find(({ role }) => role === "admin" || role === "upload")?.client ?? null);
          if (state !== undefined && state !== "recording") setTimeout(() => void this.end(), GRACE_MS);
        },
        signal: (from, data) => void this.signal(from, data as PhoneMessage),
        changed: (state) => this.store.set({ trouble: state === "offline" ? "The link is down; it records on and sends later." : null }),
        denied: (_code, message) => this.store.set({ phase: "refused", trouble: message }),
        pending: () => {},
      },
    });
  }

  private meet(host: string | null): void {
    if (host === null || host === this.host) return;
    this.host = host;
    this.link!.signal(host, { kind: "hello", source: this.guest.source } satisfies PhoneMessage);
  }

  private async signal(from: string, message: PhoneMessage): Promise<void> {
    if (message.kind === "hello") return this.offer(from);
    if (message.kind === "answer") await this.peer?.setRemoteDescription({ type: "answer", sdp: message.sdp });
    if (message.kind === "ice") await this.peer?.addIceCandidate(message.candidate).catch(() => {});
  }

  private async offer(to: string): Promise<void> {
    this.host = to;
    this.peer?.close();
    const peer = (this.peer = new RTCPeerConnection());
    const { stream } = this.state();
    for (const track of stream?.getTracks() ?? []) {
      /* The size is the show's: rather fewer frames than a smaller picture. */
      const sender = peer.addTrack(track, stream!);
      const parameters = sender.getParameters();
      await sender.setParameters({ ...parameters, degradationPreference: "maintain-resolution" } as RTCRtpSendParameters).catch(() => {});
    }
    peer.onicecandidate = ({ candidate }) => {
      if (candidate) this.link!.signal(to, { kind: "ice", candidate: candidate.toJSON() } satisfies PhoneMessage);
    };
    peer.onconnectionstatechange = () => {
      this.store.set({ isSeen: peer.connectionState === "connected" });
      if (peer.connectionState === "failed") this.host = null; /* met anew with the next state */
    };
    await peer.setLocalDescription();
    this.link!.signal(to, { kind: "offer", sdp: peer.localDescription!.sdp } satisfies PhoneMessage);
  }

  private async record(): Promise<void> {
    if (this.state().phase !== "ready" || !this.link?.clock.isKnown) return;
    this.store.set({ phase: "recording" });
    const { sessionId, source, token } = this.guest;
    const startedAt = new Date().toISOString();
    await this.parts.spool.begin({ sessionId, name: this.state().showName, uploadToken: token, startedAt });
    const { clock } = this.link;
    const names = (await this.api.session(sessionId).catch(() => null))?.files?.map(({ name }) => name) ?? [];
    await this.capture.start({
      format: START_FORMAT,
      clock: () => clock.time(),
      /* The program of a phone is of no use: its frames go nowhere. */
      file: async (name, of) => {
        const file = await this.parts.spool.create(sessionId, name);
        return of === null ? file : this.uploads.add(file);
      },
      firstPart: (of) => nextPart(names, of),
      onAir: source,
      lookAheadMs: 0,
    });
  }

  private async end(): Promise<void> {
    if (this.state().phase !== "recording") return;
    this.store.set({ phase: "sending" });
    await this.capture.stop();
    this.letSleep?.();
    const isWhole = await this.uploads.finish().catch(() => false);
    if (isWhole) await this.parts.spool.end(this.guest.sessionId);
    this.store.set({ phase: isWhole ? "done" : "sending" });
  }

  private log(type: string, members: Record<string, unknown>): void {
    const t = Math.round(this.link?.clock.time() ?? 0);
    this.link?.add({ id: newId(), type, t, source: this.guest.source, ...members });
  }

  private project(): void {
    const files = this.uploads.files();
    const sum = (pick: (file: (typeof files)[number]) => number) => files.reduce((all, file) => all + pick(file), 0);
    this.store.set({ bytes: sum(({ bytes }) => bytes), sentBytes: sum(({ sentBytes }) => sentBytes) });
  }
}

function inWords(error: unknown): string {
  const { name } = error as DOMException;
  if (name === "NotAllowedError") return "The browser was told not to use the camera. Allow it beside the address, then try again.";
  if (name === "NotFoundError") return "No camera was found on this phone.";
  return error instanceof Error ? error.message : String(error);
}
