/* The open show as views see it: its log, link, uploads and director, written into the state. Called on
 * every change, so what says the same stays the same object. */
import type { LogView } from "../log-view";
import type { Show } from "../show";
import { shares } from "../timeline";
import type { State } from "./state";

const tenth = (ms: number | null) => (ms === null ? null : Math.round(ms * 10) / 10);

export class Projection {
  private seen: LogView | null = null;

  constructor(private readonly state: State) {}

  update(): void {
    const { show } = this.state;
    if (!show) return void (this.seen = null);
    if (show.view !== this.seen) this.updateLog(show.view);
    const old = this.state.get();
    this.state.set({
      files: same(old.files, show.uploads.files()),
      link: same(old.link, linkOf(show)),
      directing: same(old.directing, { ...show.view.directing, next: show.decider.next, decidedBy: show.decider.by }),
      shares: same(old.shares, shares(show.view.timeline, show.now())),
    });
  }

  private updateLog(view: LogView): void {
    const before = this.seen;
    this.seen = view;
    this.state.set({ shots: view.timeline.shots, speech: view.timeline.speech });
    if (before?.lost === view.lost) return;
    for (const { id, isLost } of this.state.get().sources)
      if (isLost !== view.lost.has(id)) this.state.change(id, { isLost: view.lost.has(id) });
  }
}

function linkOf({ link, uploads }: Show) {
  return {
    state: link.state,
    behindMs: Math.round(uploads.behindMs()),
    offsetErrorMs: tenth(link.clock.error),
    roundTripMs: tenth(link.clock.roundTrip),
  };
}

function same<T>(old: T, fresh: T): T {
  return JSON.stringify(old) === JSON.stringify(fresh) ? old : fresh;
}
