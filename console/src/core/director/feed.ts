/* Lines of a log as the director takes them: ids become indexes, a microphone's speech its person's,
 * and a person whom two microphones hear speaks while either of them does. The same as
 * src/edit/feed.c. */
import type { LogEvent, LogSource } from "../event";
import { atOf } from "../event";
import type { DirectorSettings } from "./module";

export const SETTINGS = 0;
const START = 1;
const STOP = 2;
const MANUAL = 3;
const RESUME = 4;
const LOST = 5;
const BACK = 6;
const SLIDE = 7;

export interface Fed {
  type: number; /* SETTINGS: not for the director, its settings change */
  source: number;
  edge: number | undefined;
  line: LogEvent;
}

export class Feeder {
  private readonly person: number[];
  private readonly speaks: boolean[];
  private readonly late: Set<string>;
  private hadList = false;

  /* `lines`: the whole log, as far as it is known. */
  constructor(
    private readonly sources: readonly LogSource[],
    lines: readonly LogEvent[],
    private readonly ignoresManual = false,
  ) {
    this.person = sources.map((source, i) => {
      const camera = source.role === "mic" ? sources.findIndex(({ id }) => id === source.camera) : -1;
      return camera >= 0 ? camera : i;
    });
    this.speaks = sources.map(() => false);
    this.late = lateSources(lines);
  }

  line(line: LogEvent): Fed[] {
    const source = line.source === undefined ? -1 : this.sources.findIndex(({ id }) => id === line.source);
    const fed = (type: number, of = source, edge = line.edge_t): Fed => ({ type, source: of, edge, line });
    if (this.ignoresManual && (line.type === "manual_cut" || line.type === "auto_resume")) return [];
    if (isList(line)) return this.list(line, fed);
    if (line.type === "settings") return [fed(SETTINGS, -1)];
    if (line.type === "auto_resume") return [fed(RESUME, -1)];
    if (source < 0) return [];
    if (line.type === "speaking_start" || line.type === "speaking_stop") return this.speech(line, source, fed);
    if (line.type === "source_lost") {
      this.speaks[source] = false;
      return [fed(LOST)];
    }
    if (line.type === "source_back")
      return this.isHeard(source) ? [fed(BACK), fed(START, source, atOf(line))] : [fed(BACK)];
    if (line.type === "manual_cut") return [fed(MANUAL)];
    return line.type === "marker" && line["kind"] === "slide" ? [fed(SLIDE)] : [];
  }

  private isHeard(person: number): boolean {
    return this.speaks.some((speaks, i) => speaks && this.person[i] === person);
  }

  private speech(line: LogEvent, source: number, fed: (type: number, of: number) => Fed): Fed[] {
    const person = this.person[source]!;
    const before = this.isHeard(person);
    this.speaks[source] = line.type === "speaking_start";
    return this.isHeard(person) === before ? [] : [fed(before ? STOP : START, person)];
  }

  /* A source that comes later is lost from the first list to the first that names it. */
  private list(line: LogEvent, fed: (type: number, of: number) => Fed): Fed[] {
    const named = new Set(idsOf(line));
    const all: Fed[] = [];
    this.sources.forEach(({ id }, i) => {
      if (!this.late.has(id)) return;
      if (!this.hadList) all.push(fed(LOST, i));
      else if (named.has(id)) {
        this.late.delete(id);
        all.push(fed(BACK, i));
      }
    });
    this.hadList = true;
    return all;
  }
}

/* What the line leaves to the settings in force: the hold of a manual cut, the edge of speech, which is
 * the sender's time less the detector's usual delay. NaN: the director's own. */
export function resolved({ type, edge, line }: Fed, settings: DirectorSettings): { at: number; edge: number; hold: number } {
  const hold = line["hold"];
  const isLate = line.t !== atOf(line);
  const delay = type === START ? "start_delay" : type === STOP ? "stop_delay" : null;
  return {
    at: atOf(line),
    edge: edge ?? (isLate && delay ? line.t - settings.ms(delay) : NaN),
    hold: type !== MANUAL ? 0 : typeof hold === "number" && hold >= 0 ? Math.round(hold * 1000) : settings.ms("manual_hold"),
  };
}

export function isList(line: LogEvent): boolean {
  return line.type === "session_start" || line.type === "sources";
}

function idsOf(line: LogEvent): string[] {
  const list = line["sources"];
  return Array.isArray(list) ? (list as LogSource[]).map(({ id }) => id) : [];
}

/* Those that the log's first list does not name and a later one does. */
function lateSources(lines: readonly LogEvent[]): Set<string> {
  const lists = lines.filter(isList).map(idsOf);
  const first = new Set(lists[0] ?? []);
  return new Set(lists.slice(1).flat().filter((id) => !first.has(id)));
}
