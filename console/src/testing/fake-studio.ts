/* A studio without cameras, server and clock of its own: views are drawn and tested against it. A
 * conversation is made up from a fixed table, so that the same moment always looks the same. */
import type { Device, Meter, RecordingFile, Shot, Source, SourceId, Speech, Studio, StudioState } from "../core/studio";

export const DEVICES: Device[] = [
  { deviceId: "c1", label: "Studio Display Camera", kind: "camera", channels: 0 },
  { deviceId: "c2", label: "Brio 4K", kind: "camera", channels: 0 },
  { deviceId: "c3", label: "Cam Link 4K", kind: "camera", channels: 0 },
  { deviceId: "c4", label: "FaceTime HD", kind: "camera", channels: 0 },
  { deviceId: "m1", label: "Scarlett 4i4", kind: "microphone", channels: 4 },
  { deviceId: "m2", label: "Yeti", kind: "microphone", channels: 1 },
];

export function source(n: number, label: string, change: Partial<Source> = {}): Source {
  return {
    id: `cam_${n}`,
    label,
    role: "person",
    priority: 0,
    picture: { kind: "camera", deviceId: `c${n}` },
    microphone: { deviceId: "m1", channel: n - 1 },
    stream: null,
    trouble: null,
    isLost: false,
    gainDb: -21,
    isolationDb: 11,
    ...change,
  };
}

export const SOURCES: Source[] = [
  source(1, "Maya"),
  source(2, "Tomas"),
  source(3, "Ines"),
  source(4, "Everybody", { role: "wide", microphone: null, gainDb: null, isolationDb: null }),
];

const NOW = 24 * 60_000 + 17_000;
const TURNS: [number, number, number][] = [
  /* who, start, end: seconds before now */
  [1, 119, 92], [2, 91, 66], [3, 67, 51], [1, 64, 61], [1, 50, 17], [3, 40, 38], [2, 16, -1],
];
const SHOTS: [number, number, string, string][] = [
  [1, 118.5, "speaks", "Maya speaks"],
  [2, 90, "speaks", "Tomas took over: Maya stopped 0.8 s before"],
  [4, 67, "cross-talk", "Everybody: Tomas and Ines speak at once"],
  [3, 62, "speaks", "Ines took over: Tomas stopped 0.4 s before"],
  [1, 49, "speaks", "Maya took over: Ines stopped 0.7 s before"],
  [2, 6.2, "speaks", "Tomas took over: Maya stopped 0.6 s before"],
];

function shotsBefore(now: number): Shot[] {
  return SHOTS.map(([n, before, reason, text]) => ({ source: `cam_${n}`, t: now - before * 1000, reason, text }));
}

function speechBefore(now: number): Speech[] {
  return TURNS.map(([n, from, to]) => ({ source: `cam_${n}`, start: now - from * 1000, end: to < 0 ? null : now - to * 1000 }));
}

function file(name: string, of: SourceId | null, change: Partial<RecordingFile> = {}): RecordingFile {
  return { name, source: of, bytes: 612e6, sentBytes: 606e6, keptUntil: NOW, safeUntil: NOW - 2000, state: "recording", trouble: null, ...change };
}

export const SETUP: StudioState = {
  phase: "setup",
  name: "The Tuesday Round",
  sessionId: null,
  permission: "granted",
  devices: DEVICES,
  sources: SOURCES,
  format: { width: 1920, height: 1080, rate: 30, recorder: "webcodecs", videoKbps: 6200, reduced: null },
  soundCheck: null,
  directing: {
    by: "auto",
    onAir: null,
    next: null,
    why: "",
    since: 0,
    holdsUntil: null,
    autoAt: null,
    decidedBy: "server",
    settings: {},
    patience: 6,
  },
  shots: [],
  speech: [],
  shares: {},
  files: [],
  room: { browserFreeBytes: 84e9, serverFreeBytes: 61e9, secondsLeft: 19 * 3600 },
  link: { state: "online", behindMs: 0, offsetErrorMs: 2, roundTripMs: 14 },
  notices: [],
  unfinished: [],
  live: null,
  guests: { can: true, link: "out", why: null, guests: [], chat: [], isStudioHeard: true, dropped: 0 },
};

export const RECORDING: StudioState = {
  ...SETUP,
  phase: "recording",
  sessionId: "6f9c1c1e-6e3a-4b9c-9f6e-3f1f6f0f5a11",
  directing: {
    ...SETUP.directing,
    onAir: "cam_2",
    next: "cam_3",
    why: "Tomas took over: Maya stopped 0.6 s before",
    since: NOW - 6200,
    holdsUntil: NOW + 1800,
  },
  shots: shotsBefore(NOW),
  speech: speechBefore(NOW),
  shares: { cam_1: 0.41, cam_2: 0.36, cam_3: 0.23 },
  files: [
    file("program.mkv", null),
    file("cam_1_iso.mkv", "cam_1", { bytes: 590e6, sentBytes: 581e6, safeUntil: NOW - 4000 }),
    file("cam_2_iso.mkv", "cam_2"),
    file("cam_3_iso.mkv", "cam_3"),
    file("cam_4_iso.mkv", "cam_4"),
  ],
  link: { state: "online", behindMs: 2100, offsetErrorMs: 2, roundTripMs: 14 },
};

export interface FakeOptions {
  state?: StudioState;
  isMoving?: boolean; /* the clock runs */
}

export class FakeStudio implements Studio {
  readonly calls: [string, ...unknown[]][] = [];
  private current: StudioState;
  private readonly listeners = new Set<() => void>();
  private readonly began = performance.now();
  private readonly isMoving: boolean;

  constructor({ state = RECORDING, isMoving = false }: FakeOptions = {}) {
    this.current = state;
    this.isMoving = isMoving;
  }

  state = () => this.current;
  clock = () => (this.current.phase === "setup" ? 0 : NOW + (this.isMoving ? performance.now() - this.began : 0));

  subscribe(changed: () => void): () => void {
    this.listeners.add(changed);
    return () => this.listeners.delete(changed);
  }

  change(change: Partial<StudioState>): void {
    this.current = { ...this.current, ...change };
    for (const listener of this.listeners) listener();
  }

  meters(): ReadonlyMap<SourceId, Meter> {
    const t = this.isMoving ? performance.now() / 1000 : 3;
    return new Map(
      this.current.sources.map((one, i) => {
        const isSpeaking = this.current.speech.some((speech) => speech.source === one.id && speech.end === null);
        const swing = isSpeaking ? 9 * Math.sin(t * 9 + i) * Math.sin(t * 2.3) : 3 * Math.sin(t * 3 + i);
        const levelDb = (isSpeaking ? -18 : -46) + swing;
        return [one.id, { levelDb, peakDb: levelDb + 5, isSpeaking }];
      }),
    );
  }

  private did(name: string, ...given: unknown[]): void {
    this.calls.push([name, ...given]);
  }
  private direct(change: Partial<StudioState["directing"]>): void {
    this.change({ directing: { ...this.current.directing, ...change } });
  }

  async askPermission(): Promise<void> {
    this.did("askPermission");
    this.change({ permission: "granted", sources: SOURCES });
  }
  setName(name: string): void {
    this.did("setName", name);
    this.change({ name });
  }
  private add(one: Source): void {
    this.change({ sources: [...this.current.sources, one] });
  }
  addCamera(deviceId: string): void {
    this.did("addCamera", deviceId);
    this.add(source(this.current.sources.length + 1, "New", { picture: { kind: "camera", deviceId } }));
  }
  async addScreen(): Promise<void> {
    this.did("addScreen");
    this.add(source(this.current.sources.length + 1, "Screen", { role: "screen", picture: { kind: "screen" }, microphone: null }));
  }
  addMicrophone(microphone: { deviceId: string; channel: number }): void {
    this.did("addMicrophone", microphone);
    this.add(source(this.current.sources.length + 1, "Voice", { role: "mic", picture: { kind: "none" }, microphone }));
  }
  async addSampleShow(): Promise<void> {
    this.did("addSampleShow");
    this.change({ sources: SOURCES });
  }
  async addPhone(): Promise<string> {
    this.did("addPhone");
    return "https://studio.example/#phone=g1.eyJzIjoiNmY5YzFjMWUiLCJyIjoiY2FtZXJhIiwiYyI6ImNhbV81In0.c2lnbmF0dXJl";
  }
  async addGuest(label: string): Promise<string> {
    this.did("addGuest", label);
    return "https://studio.example/#guest=g1.eyJzIjoiNmY5YzFjMWUiLCJyIjoiZ3Vlc3QiLCJjIjoiY2FtXzUifQ.c2lnbmF0dXJl";
  }
  async guestLink(id: SourceId): Promise<string> {
    this.did("guestLink", id);
    return "http://127.0.0.1:7077/#guest=g1.eyJzIjoiNmY5YzFjMWUiLCJyIjoiZ3Vlc3QiLCJjIjoiY2FtXzUifQ.c2lnbmF0dXJl";
  }
  async muteGuest(id: SourceId): Promise<void> {
    this.did("muteGuest", id);
  }
  askToUnmute(id: SourceId): void {
    this.did("askToUnmute", id);
  }
  async removeGuest(id: SourceId): Promise<void> {
    this.did("removeGuest", id);
  }
  quietGuest(id: SourceId, isQuiet: boolean): void {
    this.did("quietGuest", id, isQuiet);
  }
  letStudioBeHeard(isHeard: boolean): void {
    this.did("letStudioBeHeard", isHeard);
  }
  say(text: string): void {
    this.did("say", text);
  }
  removeSource(id: SourceId): void {
    this.did("removeSource", id);
    this.change({ sources: this.current.sources.filter((one) => one.id !== id) });
  }
  changeSource(id: SourceId, change: Partial<Source>): void {
    this.did("changeSource", id, change);
    this.change({ sources: this.current.sources.map((one) => (one.id === id ? { ...one, ...change } : one)) });
  }
  changeFormat(change: Partial<StudioState["format"]>): void {
    this.did("changeFormat", change);
    this.change({ format: { ...this.current.format, ...change } });
  }
  startSoundCheck(id: SourceId): void {
    this.did("startSoundCheck", id);
    this.change({ soundCheck: { source: id, remainingMs: 3200, heardDb: -20 } });
  }
  cancelSoundCheck(): void {
    this.did("cancelSoundCheck");
    this.change({ soundCheck: null });
  }
  async start(): Promise<void> {
    this.did("start");
    this.change(RECORDING);
  }
  async stop(): Promise<void> {
    this.did("stop");
    this.change({ phase: "stopped", files: this.current.files.map((one) => ({ ...one, state: "sending" as const })) });
  }
  newShow(): void {
    this.did("newShow");
    this.change(SETUP);
  }
  cut(id: SourceId): void {
    this.did("cut", id);
    this.direct({ onAir: id, next: null, why: "Cut by hand", since: this.clock(), holdsUntil: null, autoAt: this.clock() + 8000 });
  }
  wide(): void {
    this.did("wide");
  }
  hold(): void {
    this.did("hold");
    this.direct({ by: "manual", autoAt: null });
  }
  auto(): void {
    this.did("auto");
    this.direct({ by: "auto", autoAt: null });
  }
  changeSettings(settings: Record<string, number>): void {
    this.did("changeSettings", settings);
    this.direct({ settings: { ...this.current.directing.settings, ...settings } });
  }
  setPatience(patience: number): void {
    this.did("setPatience", patience);
    this.direct({ patience });
  }
  mark(label: string): void {
    this.did("mark", label);
  }
  dismiss(noticeId: string): void {
    this.did("dismiss", noticeId);
    this.change({ notices: this.current.notices.filter((notice) => notice.id !== noticeId) });
  }
  async resume(sessionId: string): Promise<void> {
    this.did("resume", sessionId);
  }
  async discard(sessionId: string): Promise<void> {
    this.did("discard", sessionId);
    this.change({ unfinished: [] });
  }
}
