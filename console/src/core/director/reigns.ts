/* Who decided when: a new epoch begins with a line that says up to which seq its decider had seen the
 * log, and a line that changes a role begins a reign too. The same as src/edit/reign.c. */
import type { LogEvent, LogSource } from "../event";
import { atOf } from "../event";
import { isList } from "./feed";
import { isRole, type Part } from "./module";
import { partOf } from "./room";

export interface Reign {
  from: number; /* −Infinity: the first */
  lines: LogEvent[]; /* in feeding order */
  parts: Part[];
}

const epochOf = (line: LogEvent): number => line.epoch ?? 0;

/* By (at, seq, place); a line without seq goes before those that have one. */
export function feedingOrder(log: readonly LogEvent[]): LogEvent[] {
  return [...log].sort((a, b) => atOf(a) - atOf(b) || (a.seq ?? 0) - (b.seq ?? 0));
}

/* The first line of each epoch after 0, ascending. */
function epochLines(lines: readonly LogEvent[]): LogEvent[] {
  const all = lines.filter((line) => line.type === "epoch" && epochOf(line) > 0).sort((a, b) => epochOf(a) - epochOf(b));
  return all.filter((line, i) => i === 0 || epochOf(all[i - 1]!) !== epochOf(line));
}

/* Had the decider of the epoch that `begin` begins seen an earlier epoch's line? */
function wasSeen(begin: LogEvent, line: LogEvent): boolean {
  const last = begin["lastSeq"];
  return Number.isInteger(last) ? (line.seq ?? 0) <= (last as number) : atOf(line) <= atOf(begin);
}

function linesOf(lines: readonly LogEvent[], begin: LogEvent | undefined, end: LogEvent | undefined): LogEvent[] {
  const first = begin ? epochOf(begin) : -Infinity;
  const after = end ? epochOf(end) : Infinity;
  const earlier = lines.filter((line) => begin && epochOf(line) < first && wasSeen(begin, line));
  return [...earlier, ...lines.filter((line) => epochOf(line) >= first && epochOf(line) < after)];
}

class Roles {
  readonly given: (Part | null)[];
  readonly now: (Part | null)[];
  readonly changes: boolean[];

  constructor(private readonly sources: readonly LogSource[]) {
    this.given = sources.map(() => null);
    this.now = sources.map(() => null);
    this.changes = sources.map(() => false);
  }

  note(line: LogEvent): void {
    const list = line["sources"];
    if (!isList(line) || !Array.isArray(list)) return;
    for (const entry of list as Partial<LogSource>[]) {
      const i = this.sources.findIndex(({ id }) => id === entry.id);
      if (i < 0 || !isRole(entry.role)) continue;
      const priority = Number.isInteger(entry.priority) ? Math.min(10, Math.max(-10, entry.priority!)) : 0;
      const said = { role: entry.role, priority };
      if (this.given[i] === null) this.given[i] = said;
      else if (!isSame(this.now[i]!, said)) this.changes[i] = true;
      this.now[i] = said;
    }
  }

  /* The caller's roles count, but for sources whose role the log changes: there the log's. */
  table(before: readonly Part[], all: Roles): Part[] {
    return before.map((part, i) => (all.changes[i] ? (this.now[i] ?? all.given[i] ?? part) : part));
  }
}

const isSame = (a: Part, b: Part): boolean => a.role === b.role && a.priority === b.priority;

/* One reign for an epoch, and one more for each change of roles while it lasts. */
function reignsOfEpoch(lines: LogEvent[], from: number, sources: readonly LogSource[], all: Roles): Reign[] {
  const roles = new Roles(sources);
  let table = roles.table(sources.map(partOf), all);
  const reigns: Reign[] = [{ from, lines, parts: table }];
  for (const line of lines) {
    roles.note(line);
    const changed = roles.table(table, all);
    if (changed.every((part, i) => isSame(part, table[i]!))) continue;
    table = changed;
    /* Before this decider took over: it began with these roles. */
    if (atOf(line) <= from) reigns[0]!.parts = table;
    else reigns.push({ from: atOf(line), lines, parts: table });
  }
  return reigns;
}

/* `lines` in feeding order. */
export function reignsOf(lines: readonly LogEvent[], sources: readonly LogSource[]): Reign[] {
  const epochs = epochLines(lines);
  const all = new Roles(sources);
  for (const line of lines) all.note(line);
  return [undefined, ...epochs].flatMap((begin, i) =>
    reignsOfEpoch(linesOf(lines, begin, epochs[i]), begin ? atOf(begin) : -Infinity, sources, all),
  );
}
