/* Events on their way to the server: kept, in order, until the server has them on disk. An event
 * that was sent and not acknowledged is sent again after a reconnect, under the same id, so that it
 * is stored once. */
import type { LogEvent } from "../event";

export interface Ack {
  ok: boolean;
  seq?: number;
  at?: number;
  error?: { code: string; message: string; field?: string; retryAfter?: number };
}

export interface QueueHooks {
  /* Sends one; `answer` comes once, or never when the link goes. False: there is no link now. */
  send(event: LogEvent, answer: (ack: Ack) => void): boolean;
  acknowledged(event: LogEvent, ack: Ack): void;
  /* The server will never take it. */
  refused(event: LogEvent, error: { code: string; message: string }): void;
  /* What is still to send changed: to be kept over a reload. */
  changed(): void;
  wait?(run: () => void, ms: number): unknown;
  now?(): number;
}

interface Entry {
  event: LogEvent;
  state: "waiting" | "sent";
  wasSent: boolean;
  generation: number;
}

const IN_FLIGHT = 32;
/* The server allows 60 a second; what waited through a lost link is sent a little slower. */
const PER_SECOND = 50;
/* Nothing that comes later is right about these: they are tried again. */
const PASSING = new Set(["rate_limited", "busy", "no_room", "failed", "unauthorised"]);

export class EventQueue {
  private entries: Entry[] = [];
  private generation = 0; /* of the link; answers of an earlier one do not count */
  private isOpen = false;
  private pausedUntil = 0;
  private sentAt: number[] = [];
  private isWaking = false;
  private readonly now: () => number;

  constructor(private readonly hooks: QueueHooks) {
    this.now = hooks.now ?? (() => performance.now());
  }

  /* All that the server has not acknowledged, in order. */
  pending(): LogEvent[] {
    return this.entries.map((entry) => entry.event);
  }

  add(event: LogEvent): void {
    this.entries.push({ event, state: "waiting", wasSent: false, generation: 0 });
    this.hooks.changed();
    this.pump();
  }

  /* Those that may or may not have reached the server. */
  uncertain(): LogEvent[] {
    return this.entries.filter((entry) => entry.wasSent).map((entry) => entry.event);
  }

  /* Exchanges what waits: `change` gives what shall be sent instead, or null for nothing. */
  rewrite(change: (event: LogEvent, wasSent: boolean) => LogEvent | null): void {
    this.entries = this.entries.flatMap((entry) => {
      const event = change(entry.event, entry.wasSent);
      if (event === entry.event) return [entry];
      return event === null ? [] : [{ event, state: "waiting" as const, wasSent: false, generation: 0 }];
    });
    this.hooks.changed();
  }

  /* The link is there: everything not acknowledged goes again, in order. */
  open(): void {
    this.generation++;
    this.isOpen = true;
    this.pausedUntil = 0;
    for (const entry of this.entries) entry.state = "waiting";
    this.pump();
  }

  close(): void {
    this.generation++;
    this.isOpen = false;
    for (const entry of this.entries) entry.state = "waiting";
  }

  private pump(): void {
    if (!this.isOpen) return;
    const now = this.now();
    this.sentAt = this.sentAt.filter((at) => now - at < 1000);
    if (now < this.pausedUntil) return this.wakeIn(this.pausedUntil - now);
    let flying = this.entries.filter((entry) => entry.state === "sent").length;
    for (const entry of this.entries) {
      if (entry.state === "sent") continue;
      if (flying >= IN_FLIGHT) return;
      if (this.sentAt.length >= PER_SECOND) return this.wakeIn(1000 - (now - this.sentAt[0]!));
      if (!this.sendOne(entry)) return;
      this.sentAt.push(now);
      flying++;
    }
  }

  private sendOne(entry: Entry): boolean {
    const generation = this.generation;
    entry.state = "sent";
    entry.generation = generation;
    const isGone = !this.hooks.send(entry.event, (ack) => {
      if (generation === this.generation) this.answered(entry, ack);
    });
    if (isGone) entry.state = "waiting";
    else entry.wasSent = true;
    return !isGone;
  }

  private answered(entry: Entry, ack: Ack): void {
    if (!this.entries.includes(entry)) return;
    if (!ack.ok && PASSING.has(ack.error?.code ?? "")) {
      entry.state = "waiting";
      /* The order is kept: what was sent after it waits too, and goes again under its id. */
      this.pausedUntil = this.now() + (ack.error?.retryAfter ?? 500);
      return this.pump();
    }
    this.entries = this.entries.filter((other) => other !== entry);
    if (ack.ok) this.hooks.acknowledged(entry.event, ack);
    else this.hooks.refused(entry.event, ack.error ?? { code: "unknown", message: "no reason given" });
    this.hooks.changed();
    this.pump();
  }

  private wakeIn(ms: number): void {
    if (this.isWaking) return;
    this.isWaking = true;
    const wait = this.hooks.wait ?? ((run: () => void, delay: number) => setTimeout(run, delay));
    wait(() => {
      this.isWaking = false;
      this.pump();
    }, Math.max(1, ms));
  }
}
