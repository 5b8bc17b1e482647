/* A guest's connection to the running show: who is on air, who may be next, whether the show is
 * recorded; and the way of their own events to its log. That is Socket.IO. Where it does not come
 * through for a while, events go as LiveKit data to a console, which hands them in, and the clock and
 * the end of the show are asked for over plain HTTP. An event keeps its id on every way, so that the
 * log has it once. */
import { ApiError, type Api, type Manifest } from "../api";
import type { LogEvent, LogSource } from "../event";
import { newId } from "../ids";
import { clockSample } from "../link/clock";
import { Link } from "../link/link";
import { emptyView, withLine, type LogView } from "../log-view";
import type { Room } from "../room/room";
import { notAhead } from "../show";
import type { SourceId } from "../studio";

export interface LineParts {
  session: string;
  source: SourceId;
  token: string;
  api: Pick<Api, "session">;
  room: Pick<Room, "state" | "sendEvent">;
  base?: string;
  patienceMs?: number; /* without Socket.IO, before LiveKit is used */
  /* The show's log from this byte on, over plain HTTP. */
  log?: (from: number) => Promise<Uint8Array>;
  /* Events of others of this page, which go with these. */
  more?: () => LogEvent[];
}

export interface LineHooks {
  changed(): void;
  ended(): void; /* the show is over */
  denied(code: string, message: string): void;
}

export const PATIENCE_MS = 3000;
const TICK_MS = 250;
const ASK_MS = 2000;
const CLOCK_EVERY_MS = 60_000;

export class Line {
  view: LogView;
  next: SourceId | null = null;
  private readonly link: Link;
  private readonly handedOver = new Set<string>(); /* ids that went by the room */
  private readonly timer: ReturnType<typeof setInterval>;
  private readonly patienceMs: number;
  private downSince: number | null = performance.now();
  private askedAt = -Infinity;
  private clockAt = -Infinity;
  private readBytes = 0; /* of the log, by HTTP */
  private isReplayed = false;
  private isClosed = false;

  constructor(
    private readonly parts: LineParts,
    private readonly hooks: LineHooks,
    sources: LogSource[] = [],
  ) {
    this.view = emptyView(sources, {});
    this.patienceMs = parts.patienceMs ?? PATIENCE_MS;
    const nothing = () => {};
    this.link = new Link({
      url: parts.base || undefined,
      sessionId: parts.session,
      token: () => parts.token,
      epoch: () => 0,
      hooks: {
        welcome: ({ session }) => {
          this.look(session);
          void this.link.measure();
        },
        event: (line) => {
          this.view = withLine(this.view, line);
          if (this.isReplayed) hooks.changed();
        },
        replayed: () => {
          this.isReplayed = true;
          hooks.changed();
        },
        acknowledged: nothing,
        refused: nothing, /* a voice less: nothing that a guest could do about it */
        state: (state) => {
          this.next = (state as { next?: SourceId | null }).next ?? null;
          if (state.state === "stopping" || state.state === "complete") hooks.ended();
          else hooks.changed();
        },
        signal: nothing,
        changed: (state) => {
          this.downSince = state === "online" ? null : performance.now();
          hooks.changed();
        },
        denied: (code, message) => hooks.denied(code, message),
        pending: nothing,
      },
    });
    this.timer = setInterval(() => this.tick(), TICK_MS);
  }

  get state(): "connecting" | "online" | "by-room" | "offline" {
    const { state } = this.link;
    if (state === "online" || !this.isPatienceOver()) return state === "offline" ? "connecting" : state;
    return this.parts.room.state().link === "joined" ? "by-room" : "offline";
  }

  /* Now, ms on the session clock; null while it is not known. */
  clock(): number | null {
    return this.link.clock.isKnown ? this.link.clock.time() : null;
  }

  /* By the server's word, and where that does not come by LiveKit's. */
  onAir(): SourceId | null {
    const program = this.parts.room.state().program;
    if (this.state === "online") return this.view.directing.onAir ?? program?.source ?? null;
    return program?.source ?? this.view.directing.onAir;
  }

  log(type: string, members: Partial<LogEvent>): void {
    const now = this.clock();
    if (now === null) return; /* without a clock it could not be said when */
    this.link.add(notAhead({ id: newId(), type, source: this.parts.source, t: now, ...members }, Math.round(now)));
    this.tick();
  }

  close(): void {
    this.isClosed = true;
    clearInterval(this.timer);
    this.link.close();
  }

  private isPatienceOver(): boolean {
    return this.downSince !== null && performance.now() - this.downSince >= this.patienceMs;
  }

  private tick(): void {
    this.logClock();
    if (this.isClosed || this.downSince === null) return;
    if (performance.now() - this.downSince >= this.patienceMs / 2) void this.ask();
    if (!this.isPatienceOver()) return;
    this.hooks.changed();
    /* What Socket.IO has not acknowledged. It stays in the queue: the server knows it by its id. */
    for (const event of [...this.link.queue.pending(), ...(this.parts.more?.() ?? [])]) {
      if (this.handedOver.has(event.id)) continue;
      if (!this.parts.room.sendEvent(event)) return;
      this.handedOver.add(event.id);
    }
  }

  /* Into the log with what is known of the clock; from it a console knows, too, that this page says by
   * itself when somebody speaks. */
  private logClock(): void {
    const { clock } = this.link;
    const best = clock.best();
    const now = performance.now();
    if (!best || now - this.clockAt < CLOCK_EVERY_MS) return;
    this.clockAt = now;
    this.log("clock", { offset: Math.round(best.offset), error: Math.ceil(clock.error ?? best.error) });
  }

  /* The clock and the state, by plain HTTP. */
  private async ask(): Promise<void> {
    const c1 = performance.now();
    if (c1 - this.askedAt < ASK_MS) return;
    this.askedAt = c1;
    try {
      const manifest = await this.parts.api.session(this.parts.session);
      const clock = manifest.live?.clock;
      if (clock !== undefined) this.link.clock.add(clockSample(c1, clock, clock, performance.now()));
      await this.read();
      this.look(manifest);
    } catch (error) {
      if (error instanceof ApiError && !error.isPassing && !this.isClosed) this.hooks.denied(error.code, error.message);
    }
  }

  /* The lines of the log that were not seen yet. */
  private async read(): Promise<void> {
    const bytes = await this.parts.log?.(this.readBytes);
    const end = bytes?.lastIndexOf(10) ?? -1; /* a line that is being written counts later */
    if (!bytes || end < 0 || this.isClosed) return;
    this.readBytes += end + 1;
    for (const text of new TextDecoder().decode(bytes.subarray(0, end)).split("\n")) {
      const line = JSON.parse(text) as LogEvent;
      if ((line.seq ?? 0) <= this.link.seen.upTo) continue;
      this.view = withLine(this.view, line);
      this.link.seen.reached(line.seq ?? 0); /* Socket.IO goes on from here */
    }
    this.isReplayed = true;
    this.hooks.changed();
  }

  /* What is known of the show while Socket.IO is away; null: it is not, or nothing is known. */
  elsewhere(): LogView | null {
    return this.isReplayed && this.downSince !== null && this.isPatienceOver() ? this.view : null;
  }

  private look({ state }: Pick<Manifest, "state">): void {
    if (!this.isClosed && (state === "stopping" || state === "complete")) this.hooks.ended();
  }
}
