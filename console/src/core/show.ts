/* A show that runs, or of which something is still to be sent: its link, its log, its uploads and
 * who decides. Knows nothing of cameras; the studio puts the two together. */
import { ApiError, type Api } from "./api";
import { Decider } from "./director/decider";
import type { LogEvent, LogSource } from "./event";
import { newId } from "./ids";
import { Link, type LinkState, type ServerState, type Welcome } from "./link/link";
import { atTime, emptyView, withLine, type LogView } from "./log-view";
import type { Spool, SpoolFile, SpoolShow } from "./spool";
import { Backoff } from "./upload/backoff";
import { Tus } from "./upload/tus";
import { isLocal, Uploads } from "./upload/uploads";
import type { FromWorker, ToWorker } from "./worker";

export interface ShowHooks {
  /* The program shall show this from content time t on. */
  cutTo(source: string, t: number, decision: string): void;
  /* Somebody begins to speak: a cut may come. */
  speaks(source: string): void;
  /* A line of somebody else, of just now. */
  told(line: LogEvent): void;
  changed(): void;
  linkChanged(state: LinkState): void;
  denied(why: string): void;
  refused(type: string, why: string): void;
  server(state: ServerState): void;
  signal(from: string, data: unknown, source: string | null): void;
}

const nothing = () => {};

/* For a show that only sends what is left of it. */
export const SILENT: ShowHooks = {
  cutTo: nothing,
  speaks: nothing,
  told: nothing,
  changed: nothing,
  linkChanged: nothing,
  denied: nothing,
  refused: nothing,
  server: nothing,
  signal: nothing,
};

export interface ShowOptions {
  show: SpoolShow;
  sources: LogSource[];
  settings: Record<string, number>; /* of the beginning */
  api: Api;
  spool: Spool;
  /* Of the link; null: the cookie. Uploads use the show's own. */
  token: () => string | null;
  base?: string;
  post: (message: ToWorker) => void;
  hooks: ShowHooks;
  transports?: string[];
}

const KEEP_MS = 250;
const CLOCK_EVERY_MS = 60_000;

export class Show {
  readonly sessionId: string;
  readonly link: Link;
  readonly uploads: Uploads;
  readonly decider: Decider;
  view: LogView;
  isReplayed = false;
  private welcomed: ((welcome: Welcome) => void)[] = [];
  private lastWelcome: Welcome | null = null;
  private replayUpTo = 0;
  private mine = new Set<string>(); /* ids of this visit: on screen already */
  private keepTimer: ReturnType<typeof setTimeout> | null = null;
  private clockAt = -Infinity;
  private isClosed = false;
  private isOver = false; /* complete on the server, or gone: its log takes no more lines */

  constructor(private readonly options: ShowOptions) {
    const { show, api } = options;
    this.sessionId = show.sessionId;
    this.view = emptyView(options.sources, options.settings);
    const tus = new Tus({ base: options.base, token: () => show.uploadToken });
    this.uploads = new Uploads({ sessionId: show.sessionId, tus, api, changed: () => options.hooks.changed() });
    this.link = new Link({
      url: options.base || undefined,
      sessionId: show.sessionId,
      token: options.token,
      epoch: () => this.decider.epoch,
      transports: options.transports,
      hooks: {
        welcome: (welcome) => this.welcome(welcome),
        event: (line) => this.line(line),
        replayed: () => this.replayed(),
        acknowledged: (event, ack) => this.acknowledged(event, ack),
        refused: (event, error) => {
          this.decider.refused(event);
          options.hooks.refused(event.type, error.message);
        },
        state: (state) => options.hooks.server(state),
        signal: (from, data, source) => options.hooks.signal(from, data, source),
        changed: (state) => this.linkChanged(state),
        denied: (code, message) => {
          this.isOver ||= code === "stopped" || code === "not_found";
          if (!this.isOver) options.hooks.denied(message);
        },
        pending: () => this.keepSoon(),
      },
    });
    this.decider = new Decider(
      {
        now: () => this.now(),
        post: (message) => options.post(message),
        send: (event) => this.link.add(event),
        rewrite: (change) => this.link.queue.rewrite(change),
        seen: () => this.link.seen.upTo,
        decided: (event) => this.decided(event),
        changed: () => options.hooks.changed(),
      },
      options.sources,
      options.settings,
    );
  }

  now(): number {
    return Math.round(this.link.clock.time());
  }

  /* The first word of the server; rejects when it does not come. */
  connected(timeoutMs = 10_000): Promise<Welcome> {
    if (this.lastWelcome) return Promise.resolve(this.lastWelcome);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("The server does not answer on its event connection.")), timeoutMs);
      this.welcomed.push((welcome) => {
        clearTimeout(timer);
        resolve(welcome);
      });
    });
  }

  /* One line of the log by this console. */
  log(type: string, members: Partial<LogEvent> = {}): LogEvent {
    const event = notAhead({ id: newId(), type, t: this.now(), ...members }, this.now());
    this.mine.add(event.id);
    this.view = withLine(this.view, event);
    if (type === "speaking_start" && event.source) this.options.hooks.speaks(event.source);
    this.decider.out(event);
    this.options.hooks.changed();
    return event;
  }

  /* Events of an earlier visit that the server has not acknowledged. */
  async takeKept(): Promise<void> {
    for (const event of (await this.options.spool.keptEvents(this.sessionId)) as LogEvent[]) this.link.add(event);
  }

  /* Some thirty times a second, or as often as the browser lets. */
  tick(): void {
    if (!this.link.clock.isKnown) return;
    this.decider.tick();
    const view = atTime(this.view, this.now());
    if (view !== this.view) {
      this.view = view;
      this.options.hooks.changed();
    }
    this.logClock();
  }

  answered(message: Extract<FromWorker, { kind: "decided" }>): void {
    this.decider.answered(message);
  }

  /* Everything logged is with the server; false when that did not come in time. */
  async drained(timeoutMs: number): Promise<boolean> {
    const until = performance.now() + timeoutMs;
    while (this.link.queue.pending().length > 0 && !this.isOver) {
      if (performance.now() > until || this.isClosed) return false;
      await new Promise((next) => setTimeout(next, 50));
    }
    return true;
  }

  /* Tells the server that the show has ended, until it has heard. */
  async stop(): Promise<void> {
    const backoff = new Backoff();
    for (;;) {
      try {
        await this.options.api.stop(this.sessionId);
        return;
      } catch (error) {
        if (!(error instanceof ApiError) || !error.isPassing || this.isClosed) throw error;
        await new Promise((next) => setTimeout(next, backoff.next()));
      }
    }
  }

  /* After stop(): everything goes to the server, and out of this browser. True: nothing is left. */
  async finish(): Promise<boolean> {
    const isSent = await this.uploads.finish();
    const isTold = await this.drained(30_000);
    if (isSent && isTold) await this.options.spool.end(this.sessionId);
    if (isTold) this.close();
    return isSent && isTold;
  }

  add(file: SpoolFile): SpoolFile {
    return this.uploads.add(file);
  }

  /* The lines of the log up to the moment of the connection are here. */
  async caughtUp(timeoutMs: number): Promise<void> {
    const until = performance.now() + timeoutMs;
    while (!this.isReplayed && performance.now() < until) await new Promise((next) => setTimeout(next, 20));
  }

  /* From now on this console directs and shows it. */
  takeUp(hooks: ShowHooks, post: (message: ToWorker) => void): void {
    this.options.hooks = hooks;
    this.options.post = post;
    this.decider.restart();
  }

  /* What an earlier visit began and could not end: recordings up to where they are safe, and voices
   * that nobody hears any more. */
  endEarlier(): void {
    const files = new Map(this.uploads.files().map((file) => [file.name, file]));
    const last = Math.max(0, ...[...files.values()].map(({ keptUntil }) => keptUntil));
    const until = Math.round(Math.min(last || this.now(), this.now()));
    for (const source of this.view.speaking) this.log("speaking_stop", { source, edge_t: until });
    for (const [name, source] of this.view.recording)
      if (!isLocal(name)) this.log("record_stop", { source, file: name, end: Math.round(files.get(name)?.keptUntil ?? until), gaps: [] });
  }

  /* Nothing of it is left to send. */
  isEmpty(): boolean {
    return this.isClosed && this.uploads.unsentBytes() === 0;
  }

  close(): void {
    this.isClosed = true;
    this.uploads.stop();
    this.link.close();
  }

  private welcome(welcome: Welcome): void {
    this.lastWelcome = welcome;
    this.replayUpTo = Math.max(this.replayUpTo, welcome.seq);
    this.uploads.retry();
    for (const told of this.welcomed.splice(0)) told(welcome);
    void this.link.measure();
    /* After what waits in the queue was sent; at once when nothing does. */
    queueMicrotask(() => this.giveBack());
  }

  private replayed(): void {
    this.isReplayed = true;
    this.options.hooks.changed();
  }

  private line(line: LogEvent): void {
    const isOld = (line.seq ?? 0) <= this.replayUpTo;
    if (this.mine.has(line.id)) return this.decider.line({ ...line, isOwn: true });
    const isStale = line.type === "switch" && this.decider.by === "console";
    this.decider.line(line);
    if (isStale) return; /* the console decides; the server has not heard so yet */
    this.view = withLine(this.view, line);
    if (!isOld) this.heardNow(line);
    this.options.hooks.changed();
  }

  private heardNow(line: LogEvent): void {
    const { hooks } = this.options;
    if (line.type === "switch" && line.source) hooks.cutTo(line.source, line.t, line.id);
    if (line.type === "speaking_start" && line.source) hooks.speaks(line.source);
    hooks.told(line);
  }

  private decided(event: LogEvent): void {
    this.mine.add(event.id);
    this.view = withLine(this.view, event);
    if (event.source) this.options.hooks.cutTo(event.source, event.t, event.id);
    this.options.hooks.changed();
  }

  private acknowledged(event: LogEvent, ack: { seq?: number; at?: number }): void {
    this.mine.add(event.id);
    this.decider.line({ ...event, seq: ack.seq, at: ack.at ?? event.at, isOwn: true });
    this.giveBack();
  }

  /* Lines of a console that decided lie in the queue, in order; when all are with the server, it
   * shall decide again. */
  private giveBack(): void {
    if (this.link.state === "online" && this.link.queue.pending().length === 0) this.decider.giveBack();
  }

  private linkChanged(state: LinkState): void {
    if (state === "offline" && this.isDeciding) this.decider.takeOver();
    this.options.hooks.linkChanged(state);
  }

  /* Whether this console has cameras and decides when nobody else can. */
  isDeciding = false;

  private keepSoon(): void {
    this.keepTimer ??= setTimeout(() => {
      this.keepTimer = null;
      if (!this.isClosed) void this.options.spool.keepEvents(this.sessionId, this.link.queue.pending()).catch(() => {});
    }, KEEP_MS);
  }

  private logClock(): void {
    const { clock } = this.link;
    const best = clock.best();
    const now = performance.now();
    if (!best || !this.isDeciding || now - this.clockAt < CLOCK_EVERY_MS) return;
    this.clockAt = now;
    const drift = clock.driftPpm;
    this.log("clock", {
      offset: Math.round(best.offset),
      error: Math.ceil(clock.error ?? best.error),
      ...(drift === null ? {} : { drift_ppm: Math.round(drift) }),
    });
  }
}

/* Nobody knows a thing before it is so: whatever clock a time was taken by, a line is never of later
 * than now, and what is heard in the sound was there when it was heard. */
export function notAhead(event: LogEvent, now: number): LogEvent {
  const t = Math.min(event.t, now);
  return event.edge_t === undefined ? { ...event, t } : { ...event, t, edge_t: Math.min(event.edge_t, t) };
}
