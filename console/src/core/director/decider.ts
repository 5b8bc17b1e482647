/* Who decides. While the link is there, the server does, and the director in the worker only says
 * who may come next. When the link is down, that director decides, fed exactly the lines that a
 * replay of the log will feed it: those up to the seq that was seen without a hole, then its own.
 * On return its lines are handed over, and the server's director takes over again.
 *
 * What always holds: the director in the worker has been advanced to no more than `advanced`, and
 * each own line's `at` is later than that. */
import { atOf, inOrder, movesDirector, type LogEvent, type LogSource } from "../event";
import { newId } from "../ids";
import type { FromWorker, ToWorker } from "../worker";
import type { Decision, Settings } from "./room";
import { sentence } from "./sentence";

export interface DeciderHooks {
  now(): number; /* session clock, whole ms */
  post(message: ToWorker): void;
  /* Into the queue of the link. */
  send(event: LogEvent): void;
  /* What waits in the queue: see EventQueue.rewrite(). */
  rewrite(change: (event: LogEvent, wasSent: boolean) => LogEvent | null): void;
  seen(): number; /* up to which seq the log was seen without a hole */
  /* A decision of this console. */
  decided(event: LogEvent): void;
  changed(): void;
}

export class Decider {
  by: "server" | "console" = "server";
  epoch = 0;
  next: string | null = null;
  private known: LogEvent[] = []; /* moving lines with seq */
  private own: LogEvent[] = []; /* of this console's epoch, not yet known to the server */
  private onAir: string | null = null;
  private advanced = -1;
  private run = 0;
  private from = 0;
  private isGivingBack = false; /* the server was asked to decide, and has not answered yet */
  private isFresh = false; /* the first answer of a run: what is on air, of all that was */

  constructor(
    private readonly hooks: DeciderHooks,
    public sources: LogSource[],
    private readonly settings: Settings, /* of the beginning */
  ) {}

  /* Nobody else decides, and nobody was asked to. */
  private get isDeciding(): boolean {
    return this.by === "console" && !this.isGivingBack;
  }

  /* A line of the server: of others, missed ones, acknowledged ones of our own. */
  line(line: LogEvent): void {
    if (line.type === "switch" || line.type === "cut") {
      if (line.type === "switch" && this.by === "server") this.onAir = line.source ?? null;
      return;
    }
    if (line.type === "epoch") return this.epochLine(line);
    if (!movesDirector(line) || this.known.some(({ id }) => id === line.id)) return;
    this.known.push(line);
    this.own = this.own.filter(({ id }) => id !== line.id);
    if (line.type === "sources") this.sources = (line["sources"] as LogSource[] | undefined) ?? this.sources;
    if (this.by === "console") return; /* it decides by what it had seen */
    if (line.type === "sources" || line.type === "session_start") return this.restart();
    this.hooks.post({ kind: "feed", line });
  }

  /* An event of this console goes out: to the server, and while the console decides, into its own
   * director. */
  out(event: LogEvent): void {
    if (event.type === "sources") this.sources = (event["sources"] as LogSource[] | undefined) ?? this.sources;
    this.hooks.send(this.isDeciding ? this.adopt(event) : event);
    if (this.isDeciding && event.type === "sources") this.restart();
  }

  /* Time goes on: called some thirty times a second. */
  tick(): void {
    const now = this.hooks.now() - 1; /* lines of this very millisecond may still come */
    if (now <= this.advanced) return;
    this.advanced = now;
    this.hooks.post({ kind: "advance", now });
  }

  answered(message: Extract<FromWorker, { kind: "decided" }>): void {
    if (message.run !== this.run) return;
    const last = message.decisions.at(-1);
    /* What a reign begins with is on screen from its beginning on, however old the decision is. */
    const begin = last && { ...last, t: Math.max(last.t, this.from) };
    const decisions = this.isFresh ? (begin ? [begin] : []) : message.decisions;
    this.isFresh = false;
    if (this.next !== message.next) {
      this.next = message.next;
      this.hooks.changed();
    }
    if (this.isDeciding) for (const decision of decisions) this.decide(decision);
  }

  /* The link is down. */
  takeOver(): void {
    if (this.isDeciding) return; /* it never gave back */
    const lastSeq = this.hooks.seen();
    const t = Math.max(this.hooks.now(), this.advanced + 1);
    /* Whether the server heard that it shall decide is not known: then its epoch counts as used. */
    this.epoch += this.isGivingBack ? 2 : 1;
    this.by = "console";
    this.isGivingBack = false;
    const waiting = this.takeMoving(lastSeq);
    this.hooks.send({ id: newId(), type: "epoch", t, at: t, epoch: this.epoch, by: "console", lastSeq });
    for (const event of waiting) this.hooks.send(this.adopt(event));
    this.known = this.known.filter(({ seq }) => seq !== undefined && seq <= lastSeq);
    this.restart();
    this.hooks.changed();
  }

  /* All of this console's lines are with the server: it shall decide again. The server fills in what
   * it has seen, and its line says that it has begun. */
  giveBack(): void {
    if (!this.isDeciding) return;
    this.isGivingBack = true;
    const t = this.hooks.now();
    const lastSeq = this.hooks.seen();
    this.hooks.send({ id: newId(), type: "epoch", t, epoch: this.epoch + 1, by: "server", lastSeq });
  }

  /* The server does not take a line `epoch`: of a hand-back, this console goes on deciding; of its own
   * beginning, somebody else decides. */
  refused(event: LogEvent): void {
    if (event.type !== "epoch" || this.by !== "console") return;
    this.isGivingBack = false;
    if (event["by"] === "console") this.yield();
  }

  /* Begins anew over all lines known: another cast, another decider. */
  restart(): void {
    const now = Math.max(this.hooks.now() - 1, this.advanced);
    this.advanced = now;
    this.run++;
    this.isFresh = true;
    this.from = now + 1 - (this.settings["look_ahead"] ?? 0) * 1000;
    const lines = inOrder([...this.known, ...this.own]);
    this.hooks.post({ kind: "direct", run: this.run, sources: this.sources, settings: this.settings, lines, now });
  }

  private epochLine(line: LogEvent): void {
    const epoch = line.epoch ?? 0;
    if (epoch < this.epoch) return;
    if (line["by"] === "console" && line.epoch === this.epoch && this.by === "console") return; /* ours */
    this.epoch = epoch;
    if (line["by"] === "server" && this.by === "console") this.yield();
  }

  private yield(): void {
    this.by = "server";
    this.isGivingBack = false;
    this.own = [];
    this.restart();
    this.hooks.changed();
  }

  /* What the server may not have of the lines that move a director. They become lines of the new
   * epoch: those that were sent under a new id, since they may be in the log already, where a replay
   * of this epoch does not see them. */
  private takeMoving(lastSeq: number): LogEvent[] {
    const waiting: LogEvent[] = this.known
      .filter(({ seq, isOwn }) => isOwn === true && (seq ?? 0) > lastSeq)
      .map(({ seq: _seq, at: _at, isOwn: _own, ...event }) => ({ ...event, id: newId() }) as LogEvent);
    this.hooks.rewrite((event, wasSent) => {
      if (event.type === "epoch" && event["by"] === "server") return null;
      if (!movesDirector(event)) return event;
      waiting.push(wasSent ? { ...event, id: newId() } : event);
      return null;
    });
    return waiting;
  }

  /* An event as a line of this console's epoch. */
  private adopt(event: LogEvent): LogEvent {
    const at = Math.max(this.hooks.now(), this.advanced + 1, ...this.own.slice(-1).map(atOf));
    const line = { ...event, at, epoch: this.epoch };
    if (movesDirector(line)) {
      this.own.push(line);
      this.hooks.post({ kind: "feed", line });
    }
    return line;
  }

  private decide(decision: Decision): void {
    if (decision.source === this.onAir) return;
    this.onAir = decision.source;
    const now = this.hooks.now();
    const label = this.sources.find(({ id }) => id === decision.source)?.label ?? null;
    const event: LogEvent = {
      id: newId(),
      type: "switch",
      t: Math.max(0, decision.t),
      at: Math.max(now, decision.decided),
      epoch: this.epoch,
      ...(decision.source === null ? {} : { source: decision.source }),
      reason: decision.reason,
      text: sentence(decision.reason, label),
      ...(decision.lost === null ? {} : { lost: decision.lost }),
      hold: decision.hold,
    };
    this.hooks.send(event);
    this.hooks.decided(event);
  }
}
