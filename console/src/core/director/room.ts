/* The live director over its lines, as src/edit/run.c runs it on the server. */
import type { LogEvent, LogSource } from "../event";
import { atOf } from "../event";
import { type Fed, Feeder, resolved, SETTINGS } from "./feed";
import { DirectorModule, DirectorSettings, type Part, type RawDecision, type Settings as Written } from "./module";

/* Seconds by name. */
export type Settings = Record<string, number>;

export interface Decision {
  t: number; /* content time from which the source is on screen */
  decided: number;
  source: string | null; /* null: nothing can be shown */
  reason: string;
  lost: string | null; /* who else wanted the screen */
  hold: number; /* ms */
}

const STEP_MS = 5000; /* so that no more decisions wait than the director keeps */

export const partOf = ({ role, priority }: LogSource): Part => ({ role, priority: priority ?? 0 });

export interface RoomOptions {
  lines?: readonly LogEvent[]; /* all that will be fed, as far as they are known */
  startMs?: number;
  parts?: readonly Part[]; /* roles other than those of the sources */
  ignoresManual?: boolean;
  isStrict?: boolean; /* settings that make no sense are an error, not left out */
}

export class DirectorRoom {
  private readonly module: DirectorModule;
  private readonly settings: DirectorSettings;
  private readonly feeder: Feeder;
  private readonly event: number;
  private readonly director: number;
  private readonly isStrict: boolean;
  private now: number;
  private decided: RawDecision[] = [];

  constructor(
    module: WebAssembly.Module,
    private readonly sources: readonly LogSource[],
    settings: Written,
    { lines = [], startMs = 0, parts = sources.map(partOf), ignoresManual = false, isStrict = false }: RoomOptions = {},
  ) {
    this.module = new DirectorModule(module);
    const { x } = this.module;
    this.now = startMs - 1;
    this.isStrict = isStrict;
    this.settings = new DirectorSettings(this.module);
    this.settings.apply(settings);
    this.feeder = new Feeder(sources, lines, ignoresManual);
    this.event = this.module.alloc(x.event_size());
    const memory = this.module.alloc(x.director_size());
    this.director = x.director_init(memory, this.module.table(parts), sources.length, this.settings.at, startMs);
    if (this.director === 0) throw new Error(`the director cannot direct ${sources.length} sources with these settings`);
    this.collect();
  }

  /* Lines in feeding order: by (at, seq). */
  feed(line: LogEvent): void {
    for (const fed of this.feeder.line(line)) {
      this.advance(atOf(line) - 1);
      if (fed.type === SETTINGS) this.change((line["settings"] ?? {}) as Written);
      else this.give(fed);
    }
  }

  /* All lines with at ≤ now were fed. */
  advance(now: number): void {
    while (this.now < now) {
      this.now = Math.min(this.now + STEP_MS, now);
      this.module.x.director_advance(this.director, this.now);
      this.collect();
    }
  }

  takeRaw(): RawDecision[] {
    return this.decided.splice(0);
  }

  take(): Decision[] {
    return this.takeRaw().map((one) => ({ ...one, source: this.id(one.source), lost: this.id(one.lost) }));
  }

  /* Who would be shown next; null when that is who is shown. */
  next(): string | null {
    return this.id(this.module.x.director_next_source(this.director));
  }

  private id(source: number): string | null {
    return this.sources[source]?.id ?? null;
  }

  private give(fed: Fed): void {
    const { at, edge, hold } = resolved(fed, this.settings);
    this.module.x.event_set(this.event, 0, fed.type, fed.source, at, edge, hold);
    this.module.x.director_feed(this.director, this.event);
    this.collect();
  }

  /* How late the program runs stays as it was. */
  private change(settings: Written): void {
    const before = this.settings.all();
    const unknown = this.settings.apply(settings);
    if (this.isStrict && (unknown.length > 0 || !this.settings.isGood()))
      throw new Error(`the log has settings that cannot be read: ${unknown.join(", ") || "one is out of range"}`);
    this.settings.apply({ look_ahead: before["look_ahead"]! });
    if (this.settings.isGood() && this.module.x.director_change_settings(this.director, this.settings.at)) return;
    this.settings.apply(before);
  }

  private collect(): void {
    const { x } = this.module;
    for (let one; (one = this.module.take(x.director_take, this.director)) !== null; ) this.decided.push(one);
  }
}
