/* A log through the director once more, with other settings: the shots that `crosscut cut` would
 * write, and `crosscut render --cut` would show. The same as src/edit/replay.c. */
import type { LogEvent, LogSource } from "../event";
import { Feeder, resolved, SETTINGS } from "./feed";
import { DirectorModule, DirectorSettings, type RawDecision, type Settings } from "./module";
import { feedingOrder, reignsOf } from "./reigns";
import { DirectorRoom, partOf } from "./room";

export type Mode = "causal" | "look-ahead" | "full";
export type Rate = readonly [number, number];

export interface Replay {
  lines: readonly LogEvent[];
  sources: readonly LogSource[];
  settings: Settings; /* seconds; what is not named has its default */
  mode: Mode;
  start: number; /* of the program's first frame, session clock */
  duration: number;
  rate?: Rate | null; /* shots begin on a frame; null: ms */
}

export interface PlannedShot {
  t: number; /* from the program's first frame */
  source: string; /* "": nothing can be shown */
  reason: string;
}

const MS_RATE: Rate = [1000, 1];

/* Nearest whole number to a / b, halves up. Exact: a show's times and rates stay below 2^53. */
const nearest = (a: number, b: number): number => Math.floor((2 * a + b) / (2 * b));
const msOf = ([num, den]: Rate, frame: number): number => nearest(frame * 1000 * den, num);
const frameOf = ([num, den]: Rate, ms: number): number => nearest(ms * num, 1000 * den);

const whole = (line: LogEvent): LogEvent => ({
  ...line,
  t: Math.round(line.t),
  ...(line.at === undefined ? {} : { at: Math.round(line.at) }),
  ...(line.edge_t === undefined ? {} : { edge_t: Math.round(line.edge_t) }),
});

function settingsOf(replay: Replay): Settings {
  return replay.mode === "look-ahead" ? replay.settings : { ...replay.settings, look_ahead: 0 };
}

/* ---- one director after the other ---- */

/* Of `own` what counts: what is on screen when the reign begins, then what it decides until it ends. */
function ofReign(own: readonly RawDecision[], from: number, end: number): RawDecision[] {
  const before = own.findLast(({ t }) => t <= from);
  const after = own.filter(({ t }) => t > from && t < end);
  return before ? [{ ...before, t: from }, ...after] : after;
}

function decideCausally(module: WebAssembly.Module, replay: Replay, lines: readonly LogEvent[]): RawDecision[] {
  const settings = settingsOf(replay);
  const reigns = reignsOf(lines, replay.sources);
  const late = Math.round(Number(settings["look_ahead"] ?? 0) * 1000);
  const last = replay.start + replay.duration + late;
  return reigns.flatMap((reign, i) => {
    const end = Math.min(...reigns.slice(i + 1).map(({ from }) => from));
    if (end <= reign.from || end <= replay.start || reign.from > last) return [];
    const until = Math.min(last, end);
    const room = new DirectorRoom(module, replay.sources, settings, { lines, startMs: replay.start, parts: reign.parts, isStrict: true });
    for (const line of reign.lines) if ((line.at ?? line.t) <= until) room.feed(line);
    room.advance(until);
    const from = Math.max(reign.from, replay.start) - (i > 0 ? late : 0);
    return ofReign(room.takeRaw(), Math.max(from, replay.start), end - late);
  });
}

/* ---- full knowledge ---- */

function decideFully(wasm: WebAssembly.Module, replay: Replay, lines: readonly LogEvent[]): RawDecision[] {
  const module = new DirectorModule(wasm);
  const { x } = module;
  const settings = new DirectorSettings(module);
  settings.apply(settingsOf(replay));
  const feeder = new Feeder(replay.sources, lines);
  const fed = lines.flatMap((line) => feeder.line(line)).filter(({ type }) => type !== SETTINGS);
  const events = module.alloc(x.event_size() * Math.max(1, fed.length));
  fed.forEach((one, i) => {
    const { at, edge, hold } = resolved(one, settings);
    x.event_set(events, i, one.type, one.source, at, edge, hold);
  });
  const n = replay.sources.length;
  const table = module.table(replay.sources.map(partOf));
  const memory = module.alloc(x.plan_size(n));
  const plan = x.plan_init(memory, table, n, settings.at, events, fed.length, replay.start, replay.start + replay.duration);
  if (plan === 0) throw new Error(`the director cannot direct ${n} sources with these settings`);
  const decisions: RawDecision[] = [];
  for (let one; (one = module.take(x.plan_next, plan)) !== null; ) decisions.push(one);
  return decisions;
}

/* ---- shots ---- */

/* On the first frame that is not before the decision; what lasts no frame is left out, and neighbours
 * of one source are one shot. */
function onFrames(decisions: readonly RawDecision[], replay: Replay, rate: Rate): { frame: number; one: RawDecision }[] {
  const shots: { frame: number; one: RawDecision }[] = [];
  for (const one of decisions) {
    const t = Math.max(0, one.t - replay.start);
    const near = frameOf(rate, t);
    let frame = msOf(rate, near) < t ? near + 1 : near;
    if (msOf(rate, frame) >= replay.duration) continue;
    const last = shots.at(-1);
    frame = last ? Math.max(frame, last.frame) : 0;
    if (last?.frame === frame) shots.pop();
    if (shots.at(-1)?.one.source === one.source) continue;
    shots.push({ frame: shots.length > 0 ? frame : 0, one });
  }
  return shots;
}

export function replayShots(module: WebAssembly.Module, replay: Replay): PlannedShot[] {
  if (replay.sources.length < 1 || replay.duration < 1) throw new Error("there is nothing to direct");
  const lines = feedingOrder(replay.lines.map(whole));
  const decisions = replay.mode === "full" ? decideFully(module, replay, lines) : decideCausally(module, replay, lines);
  const rate = replay.rate && replay.rate[0] > 0 && replay.rate[1] > 0 ? replay.rate : MS_RATE;
  return onFrames(decisions, replay, rate).map(({ frame, one }) => ({
    t: msOf(rate, frame),
    source: replay.sources[one.source]?.id ?? "",
    reason: one.reason,
  }));
}
