/* director.wasm: the same code that decides on the server. What it exports is said in
 * src/director/wasm.c; how lines of a log are fed, in src/edit/feed.c, which this follows. */
import type { LogEvent, LogSource } from "../event";
import { atOf } from "../event";

interface Exports {
  memory: WebAssembly.Memory;
  __heap_base: WebAssembly.Global;
  source_size(): number;
  source_set(sources: number, i: number, role: number, priority: number): void;
  settings_size(): number;
  settings_defaults(settings: number): void;
  settings_ok(settings: number): number;
  setting_name(i: number): number;
  setting_set(settings: number, i: number, ms: number): void;
  setting_get(settings: number, i: number): number;
  event_size(): number;
  event_set(events: number, i: number, type: number, source: number, at: number, edge: number, hold: number): void;
  reason_name(reason: number): number;
  director_size(): number;
  director_init(memory: number, sources: number, n: number, settings: number, start: number): number;
  director_feed(director: number, event: number): void;
  director_advance(director: number, now: number): void;
  director_take(director: number, out: number): number;
  director_change_settings(director: number, settings: number): number;
  director_next_source(director: number): number;
}

export interface Decision {
  t: number; /* content time from which the source is on screen */
  decided: number;
  source: string | null; /* null: nothing can be shown */
  reason: string;
  lost: string | null; /* who else wanted the screen */
  hold: number; /* ms */
}

const ROLES: Record<string, number> = { person: 1, wide: 2, screen: 3, mic: 4 };
const START = 1;
const STOP = 2;
const MANUAL = 3;
const RESUME = 4;
const LOST = 5;
const BACK = 6;
const SLIDE = 7;
const STEP_MS = 5000; /* so that no more decisions wait than the director keeps */

/* Seconds by name → ms; what is not known is left out. */
export type Settings = Record<string, number>;

export class DirectorRoom {
  private readonly x: Exports;
  private top: number;
  private readonly settings: number;
  private readonly names: string[] = [];
  private readonly event: number;
  private readonly out: number;
  private readonly director: number;
  private readonly person: number[];
  private readonly speaks: boolean[];
  private readonly late: Set<string>;
  private hadList = false;
  private now: number;
  private decided: Decision[] = [];

  constructor(
    module: WebAssembly.Module,
    private readonly sources: readonly LogSource[],
    settings: Settings,
    lines: readonly LogEvent[] = [], /* all that will be fed, as far as they are known */
    startMs = 0,
  ) {
    this.x = new WebAssembly.Instance(module, {}).exports as unknown as Exports;
    const { x } = this;
    this.top = x.__heap_base.value as number;
    this.now = startMs - 1;
    const table = this.alloc(x.source_size() * sources.length);
    sources.forEach((source, i) => x.source_set(table, i, ROLES[source.role] ?? 1, source.priority ?? 0));
    this.settings = this.alloc(x.settings_size());
    x.settings_defaults(this.settings);
    for (let i = 0, at; (at = x.setting_name(i)) !== 0; i++) this.names.push(this.text(at));
    this.apply(settings);
    this.event = this.alloc(x.event_size());
    this.out = this.alloc(48);
    this.director = x.director_init(this.alloc(x.director_size()), table, sources.length, this.settings, startMs);
    if (this.director === 0) throw new Error(`the director cannot direct ${sources.length} sources`);
    this.person = sources.map((source, i) => {
      const camera = source.role === "mic" ? sources.findIndex(({ id }) => id === source.camera) : -1;
      return camera >= 0 ? camera : i;
    });
    this.speaks = sources.map(() => false);
    this.late = lateSources(lines);
    this.collect();
  }

  /* Lines in feeding order: by (at, seq). */
  feed(line: LogEvent): void {
    const source = this.sources.findIndex(({ id }) => id === line.source);
    this.advance(atOf(line) - 1);
    if (isList(line)) return this.list(line);
    if (line.type === "settings") return this.change((line["settings"] ?? {}) as Settings);
    if (line.type === "auto_resume") return this.give(line, RESUME, -1);
    if (source < 0) return;
    if (line.type === "speaking_start" || line.type === "speaking_stop") return this.speech(line, source);
    if (line.type === "source_lost" || line.type === "source_back") return this.presence(line, source);
    if (line.type === "manual_cut") return this.give(line, MANUAL, source);
    if (line.type === "marker" && line["kind"] === "slide") this.give(line, SLIDE, source);
  }

  /* All lines with at ≤ now were fed. */
  advance(now: number): void {
    while (this.now < now) {
      this.now = Math.min(this.now + STEP_MS, now);
      this.x.director_advance(this.director, this.now);
      this.collect();
    }
  }

  take(): Decision[] {
    return this.decided.splice(0);
  }

  /* Who would be shown next; null when that is who is shown. */
  next(): string | null {
    return this.id(this.x.director_next_source(this.director));
  }

  private id(source: number): string | null {
    return this.sources[source]?.id ?? null;
  }

  private isHeard(person: number): boolean {
    return this.speaks.some((speaks, i) => speaks && this.person[i] === person);
  }

  /* A person whom two microphones hear speaks while either of them does. */
  private speech(line: LogEvent, source: number): void {
    const person = this.person[source]!;
    const before = this.isHeard(person);
    this.speaks[source] = line.type === "speaking_start";
    if (this.isHeard(person) !== before) this.give(line, before ? STOP : START, person, line.edge_t);
  }

  private presence(line: LogEvent, source: number): void {
    if (line.type === "source_lost") {
      this.give(line, LOST, source);
      this.speaks[source] = false;
      return;
    }
    this.give(line, BACK, source);
    if (this.isHeard(source)) this.give(line, START, source, atOf(line));
  }

  /* A source that comes later is lost from the first list to the first that names it. */
  private list(line: LogEvent): void {
    const named = new Set(idsOf(line));
    this.sources.forEach(({ id }, i) => {
      if (!this.late.has(id)) return;
      if (!this.hadList) return this.give(line, LOST, i);
      if (!named.has(id)) return;
      this.late.delete(id);
      this.give(line, BACK, i);
    });
    this.hadList = true;
  }

  private give(line: LogEvent, type: number, source: number, edge?: number): void {
    const hold = line["hold"];
    const holdMs =
      type !== MANUAL ? 0 : typeof hold === "number" && hold >= 0 ? Math.round(hold * 1000) : this.setting("manual_hold");
    this.x.event_set(this.event, 0, type, source, atOf(line), edge ?? this.usualEdge(line, type), holdMs);
    this.x.director_feed(this.director, this.event);
    this.collect();
  }

  /* An edge that the line does not carry is the sender's time less the detector's usual delay. */
  private usualEdge(line: LogEvent, type: number): number {
    if (line.t === atOf(line)) return NaN;
    if (type === START) return line.t - this.setting("start_delay");
    if (type === STOP) return line.t - this.setting("stop_delay");
    return NaN;
  }

  private setting(name: string): number {
    return this.x.setting_get(this.settings, this.names.indexOf(name));
  }

  private apply(settings: Settings): void {
    for (const [name, seconds] of Object.entries(settings)) {
      const i = this.names.indexOf(name);
      if (i >= 0 && typeof seconds === "number") this.x.setting_set(this.settings, i, Math.round(seconds * 1000));
    }
  }

  /* How late the program runs stays as it was. */
  private change(settings: Settings): void {
    const lookAhead = this.setting("look_ahead") / 1000;
    const before = Object.fromEntries(this.names.map((name) => [name, this.setting(name) / 1000]));
    this.apply({ ...settings, look_ahead: lookAhead });
    if (this.x.settings_ok(this.settings) && this.x.director_change_settings(this.director, this.settings)) return;
    this.apply(before);
  }

  private collect(): void {
    while (this.x.director_take(this.director, this.out)) {
      const [t, decided, source, reason, lost, hold] = new Float64Array(this.x.memory.buffer, this.out, 6);
      this.decided.push({
        t: t!,
        decided: decided!,
        source: this.id(source!),
        reason: this.text(this.x.reason_name(reason!)),
        lost: this.id(lost!),
        hold: hold!,
      });
    }
  }

  private alloc(bytes: number): number {
    const at = (this.top + 15) & ~15;
    this.top = at + bytes;
    const missing = this.top - this.x.memory.buffer.byteLength;
    if (missing > 0) this.x.memory.grow(Math.ceil(missing / 65536));
    return at;
  }

  private text(at: number): string {
    const bytes = new Uint8Array(this.x.memory.buffer);
    let end = at;
    while (bytes[end] !== 0) end++;
    return new TextDecoder().decode(bytes.subarray(at, end));
  }
}

function isList(line: LogEvent): boolean {
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
