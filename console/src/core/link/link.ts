/* The connection to the server's running show: Socket.IO with the session in its handshake, events
 * both ways with acknowledgements, the clock. It comes back by itself; who decides meanwhile is
 * director/decider.ts's. */
import { io, type Socket } from "socket.io-client";
import type { LogEvent } from "../event";
import type { LiveShow, Manifest } from "../api";
import { Clock, clockSample } from "./clock";
import { EventQueue, type Ack } from "./queue";
import { Seen } from "./seen";

export interface Welcome {
  session: Manifest;
  clock: number;
  seq: number;
  epoch: number;
  client: string;
}

export interface ServerState {
  uploads?: { name: string; bytes: number; state?: string }[];
  storage?: { free: number; reserve?: number; hasRoom?: boolean; secondsLeft?: number | null };
  clients?: { client: string; role?: string; source?: string }[];
  state?: string;
  live?: LiveShow | null;
  livekit?: LivekitState | null;
}

/* The show's LiveKit room, as the server sees it. */
export interface LivekitState {
  state: "making" | "ok" | "failing";
  why?: string | null;
  participants?: { identity: string; name?: string; active?: boolean; tracks?: { sid: string; name?: string; kind: "picture" | "sound"; muted?: boolean }[] }[];
}

export interface LinkHooks {
  /* Connected; the queue opens once `welcome` has returned. */
  welcome(welcome: Welcome): void;
  /* A line of the log: of others, a decision, or one missed. */
  event(event: LogEvent): void;
  replayed(seq: number): void;
  acknowledged(event: LogEvent, ack: Ack): void;
  refused(event: LogEvent, error: { code: string; message: string }): void;
  state(state: ServerState): void;
  /* `source`: of a camera guest, as the server knows it; null: of another client. */
  signal(from: string, data: unknown, source: string | null): void;
  /* "offline" after DEAD_MS without an answer, at once when the connection ended. */
  changed(state: LinkState): void;
  /* The server will not have us: no token, no such show. */
  denied(code: string, message: string): void;
  pending(): void;
}

export type LinkState = "connecting" | "online" | "offline";

export interface LinkOptions {
  url?: string; /* default: this page's server */
  sessionId: string;
  token: () => string | null;
  epoch: () => number;
  lastSeq?: number;
  hooks: LinkHooks;
  transports?: string[];
  clock?: Clock;
}

export const DEAD_MS = 1500; /* without an answer for so long the link counts as down */
const PING_MS = 1000;
const BURST = 8;

export class Link {
  readonly clock: Clock;
  readonly queue: EventQueue;
  readonly seen: Seen;
  client: string | null = null;
  state: LinkState = "connecting";
  private readonly socket: Socket;
  private askedAt: number | null = null; /* the oldest question without an answer */
  private tickedAt = 0;
  private waitedMs = 0; /* for it, as far as this page was let run meanwhile */
  private ticks = 0;
  private timer: ReturnType<typeof setInterval> | null = null;
  private isWelcome = false;
  private isClosed = false;

  constructor(private readonly options: LinkOptions) {
    this.clock = options.clock ?? new Clock();
    this.seen = new Seen(options.lastSeq ?? 0);
    this.queue = new EventQueue({
      send: (event, answer) => this.send(event, answer),
      acknowledged: (event, ack) => {
        this.seen.add(ack.seq);
        options.hooks.acknowledged(event, ack);
      },
      refused: options.hooks.refused,
      changed: options.hooks.pending,
    });
    this.socket = io(options.url ?? "/", {
      path: "/socket.io/",
      forceNew: true,
      transports: options.transports ?? ["websocket", "polling"],
      tryAllTransports: true, /* networks that let no WebSocket through let HTTP through */
      reconnectionDelay: 300,
      reconnectionDelayMax: 3000,
      randomizationFactor: 0.5,
      timeout: 5000,
      withCredentials: true,
      auth: (give) =>
        give({
          ...(options.token() ? { token: options.token() } : {}),
          sessionId: options.sessionId,
          lastSeq: this.seen.upTo,
          epoch: options.epoch(),
        }),
    });
    this.listen();
    this.timer = setInterval(() => this.tick(), PING_MS / 2);
  }

  /* Puts an event into the queue; it is sent now or when the link is back. */
  add(event: LogEvent): void {
    this.queue.add(event);
  }

  signal(to: string, data: unknown): void {
    this.socket.emit("signal", { to, data });
  }

  /* Several questions in a row: the clock is known to a few ms at once. */
  async measure(): Promise<void> {
    for (let i = 0; i < BURST; i++) {
      if (!(await this.ping())) return;
    }
  }

  close(): void {
    this.isClosed = true;
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    this.queue.close();
    this.socket.disconnect();
  }

  private listen(): void {
    const { socket, options } = this;
    const { hooks } = options;
    socket.on("welcome", (welcome: Welcome) => {
      this.heard();
      this.isWelcome = true;
      this.client = welcome.client;
      this.clock.guess(welcome.clock);
      hooks.welcome(welcome);
      this.become("online");
      this.queue.open();
    });
    socket.on("event", (event: LogEvent) => {
      this.heard();
      this.seen.add(event.seq);
      hooks.event(event);
    });
    socket.on("replayed", ({ seq }: { seq: number }) => {
      this.seen.reached(seq);
      hooks.replayed(seq);
    });
    socket.on("state", (state: ServerState) => hooks.state(state));
    socket.on("signal", ({ from, data, source }: { from: string; data: unknown; source?: string | null }) =>
      hooks.signal(from, data, source || null),
    );
    socket.on("disconnect", (reason) => {
      this.lost();
      /* The server ended it (it was told to stop, say): Socket.IO would not come back by itself. */
      if (reason === "io server disconnect" && !this.isClosed) setTimeout(() => !this.isClosed && socket.connect(), 1000);
    });
    socket.on("connect_error", (error: Error & { data?: { code?: string } }) => {
      this.lost();
      if (!error.data?.code) return;
      hooks.denied(error.data.code, error.message);
      if (error.data.code === "stopped" || error.data.code === "not_found") return; /* it will not come back */
      /* Socket.IO gives up when it was refused; the server may only be starting. */
      if (!this.isClosed) setTimeout(() => !this.isClosed && socket.connect(), 2000);
    });
  }

  private send(event: LogEvent, answer: (ack: Ack) => void): boolean {
    if (!this.socket.connected || !this.isWelcome) return false;
    this.socket.emit("event", event, (ack: Ack) => {
      this.heard();
      answer(ack);
    });
    return true;
  }

  private ping(): Promise<boolean> {
    if (!this.socket.connected || !this.isWelcome) return Promise.resolve(false);
    const c1 = performance.now();
    if (this.askedAt === null) this.waitedMs = 0;
    this.askedAt ??= c1;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), DEAD_MS);
      this.socket.emit("ping_clock", c1, (s2: number, s3: number) => {
        clearTimeout(timer);
        this.heard();
        this.clock.add(clockSample(c1, s2, s3, performance.now()));
        resolve(true);
      });
    });
  }

  private heard(): void {
    this.askedAt = null;
  }

  private lost(): void {
    this.isWelcome = false;
    this.askedAt = null;
    this.queue.close();
    /* The first connection has its time; one that was there and went is "offline". */
    if (this.state === "online") this.become("offline");
  }

  private tick(): void {
    const now = performance.now();
    /* A page that was not let run for a while has heard nothing, and that says nothing of the link:
     * the answer may wait behind this very tick. Of a long gap only a part counts. */
    this.waitedMs += Math.min(now - this.tickedAt, now - (this.askedAt ?? now), PING_MS);
    this.tickedAt = now;
    if (this.ticks++ % 2 === 0) void this.ping();
    if (!this.isWelcome || this.askedAt === null || this.waitedMs < DEAD_MS) return;
    /* Nobody answers: half open, or so slow that it is no use. Made anew, so that the server, too,
     * knows from when on the console decided. */
    this.lost();
    this.socket.io.engine?.close();
  }

  private become(state: LinkState): void {
    if (state === this.state) return;
    this.state = state;
    this.options.hooks.changed(state);
  }
}
