/* A guest and a viewer without devices and server: pages are drawn and tested against them. */
import { FIRST, type Guest, type GuestState } from "../core/guest/guest";
import type { Viewer, ViewerState } from "../core/guest/viewer";
import { Store } from "../core/store";
import type { Meter } from "../core/studio";
import { DEVICES } from "./fake-studio";

export const GREEN: GuestState = {
  ...FIRST,
  name: "Tomas",
  show: "The Tuesday Round",
  permission: "granted",
  devices: DEVICES,
  cameraId: "c2",
  microphoneId: "m2",
  link: "online",
};

const AT = Date.UTC(2026, 10, 24, 19, 24);

export const IN: GuestState = {
  ...GREEN,
  phase: "in",
  hasAgreed: true,
  room: "joined",
  isRecorded: true,
  large: { stream: null, of: "cam_1", name: "Maya", isProgram: true },
  others: [
    { identity: "cam_3", name: "Ines", stream: null, isOnAir: false, isMuted: true },
    { identity: "cam_4", name: "Jonas", stream: null, isOnAir: false, isMuted: false },
  ],
  chat: [
    { from: "host-a", name: "Host", text: "Two more questions, then the music.", at: AT },
    { from: "cam_3", name: "Ines", text: "I can take the second one.", at: AT + 20_000 },
    { from: "cam_2", name: "Tomas", text: "Gladly. Then I take the first, and keep it short.", at: AT + 41_000 },
  ],
  own: { state: "recording", leftBytes: 12e6, why: null },
};

export class FakeGuest implements Guest {
  readonly store: Store<GuestState>;
  readonly asked: string[] = [];
  constructor(state: Partial<GuestState> = {}) {
    this.store = new Store<GuestState>({ ...GREEN, ...state });
  }
  state = (): GuestState => this.store.get();
  subscribe = (changed: () => void): (() => void) => this.store.subscribe(changed);
  meter = (): Meter => ({ levelDb: -24, peakDb: -16, isSpeaking: true });
  async askDevices(): Promise<void> {
    this.asked.push("devices");
  }
  async choose(change: object): Promise<void> {
    this.asked.push(`choose ${JSON.stringify(change)}`);
    this.store.set(change);
  }
  startCheck(): void {
    this.asked.push("check");
  }
  agree(hasAgreed: boolean): void {
    this.store.set({ hasAgreed });
  }
  join(): void {
    this.asked.push("join");
  }
  setMuted(isMuted: boolean): void {
    this.store.set({ mutedBy: isMuted ? "self" : null });
  }
  say(text: string): void {
    this.asked.push(`say ${text}`);
  }
  leave(): void {
    this.store.set({ phase: "left", why: null });
  }
  close(): void {}
}

export class FakeViewer implements Viewer {
  readonly store: Store<ViewerState>;
  constructor(state: Partial<ViewerState> = {}) {
    this.store = new Store<ViewerState>({ phase: "idle", show: "The Tuesday Round", stream: null, why: null, ...state });
  }
  state = (): ViewerState => this.store.get();
  subscribe = (changed: () => void): (() => void) => this.store.subscribe(changed);
  watch(): void {
    this.store.set({ phase: "waiting" });
  }
  close(): void {}
}
