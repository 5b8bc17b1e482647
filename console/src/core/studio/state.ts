/* What the jobs of a studio share: the state that views see, what is said to people, and the show of
 * this page while there is one. */
import { emptyView } from "../log-view";
import { START_FORMAT } from "../format";
import { withNotice, withoutNotice } from "../notices";
import { load } from "../saved";
import type { Show } from "../show";
import { Store } from "../store";
import type { Notice, Source, SourceId, StudioState } from "../studio";

export const UNNAMED = "My show";

function startState(): StudioState {
  const saved = load();
  return {
    phase: "setup",
    name: saved.name || UNNAMED,
    sessionId: null,
    permission: globalThis.isSecureContext === false || !navigator.mediaDevices ? "impossible" : "unknown",
    devices: [],
    sources: [],
    format: { ...START_FORMAT, ...saved.format, reduced: null },
    soundCheck: null,
    directing: emptyView([], saved.settings).directing,
    shots: [],
    speech: [],
    shares: {},
    files: [],
    room: { browserFreeBytes: null, serverFreeBytes: null, secondsLeft: null },
    link: { state: "connecting", behindMs: 0, offsetErrorMs: null, roundTripMs: null },
    notices: [],
    unfinished: [],
    live: null,
    guests: { can: null, link: "out", why: null, guests: [], chat: [], isStudioHeard: true, dropped: 0 },
  };
}

export class State extends Store<StudioState> {
  /* Opened for recording, or before it for a phone; a stopped one stays until newShow(). */
  show: Show | null = null;

  constructor() {
    super(startState());
  }

  /* Cameras are, or are about to be, recorded. */
  get isBusy(): boolean {
    return ["starting", "recording", "stopping"].includes(this.get().phase);
  }

  source(id: SourceId): Source | undefined {
    return this.get().sources.find((source) => source.id === id);
  }

  change(id: SourceId, change: Partial<Source>): void {
    if (!this.source(id)) return;
    this.set({ sources: this.get().sources.map((source) => (source.id === id ? { ...source, ...change } : source)) });
  }

  say(id: string, words: Pick<Notice, "level" | "title" | "text">, actions: Notice["actions"] = []): void {
    this.set({ notices: withNotice(this.get().notices, id, words, actions) });
  }

  unsay(id: string): void {
    this.set({ notices: withoutNotice(this.get().notices, id) });
  }

  isSaid(id: string): boolean {
    return this.get().notices.some((notice) => notice.id === id);
  }
}
