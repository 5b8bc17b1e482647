/* What the lines of a log say for the screen: one line after the other, live or replayed after a
 * reload. Pure: view and line in, view out. */
import type { LogEvent, LogSource } from "./event";
import type { Directing, SourceId } from "./studio";
import { DEFAULTS, patienceOf } from "./director/patience";
import { EMPTY, withCut, withShot, withSpeech, type Timeline } from "./timeline";

export interface LogView {
  timeline: Timeline;
  directing: Directing;
  sources: LogSource[];
  lost: ReadonlySet<SourceId>;
  speaking: ReadonlySet<SourceId>;
  gains: Readonly<Record<SourceId, number>>;
  recording: ReadonlyMap<string, SourceId>; /* files that were begun and not ended */
}

/* "Until auto": longer than any show. */
export const FOREVER_S = 86_400;

export function emptyView(sources: LogSource[], settings: Record<string, number>): LogView {
  const all = { ...DEFAULTS, ...settings };
  return {
    timeline: EMPTY,
    directing: {
      by: "auto",
      onAir: null,
      next: null,
      why: "",
      since: 0,
      holdsUntil: null,
      autoAt: null,
      decidedBy: "server",
      settings: all,
      patience: patienceOf(all),
    },
    sources,
    lost: new Set(),
    speaking: new Set(),
    gains: {},
    recording: new Map(),
  };
}

type Rule = (view: LogView, line: LogEvent) => LogView;

const withDirecting = (view: LogView, change: Partial<Directing>): LogView => ({
  ...view,
  directing: { ...view.directing, ...change },
});

const text = (value: unknown): string => (typeof value === "string" ? value : "");

const switched: Rule = (view, line) => {
  const source = line.source ?? null;
  const hold = typeof line["hold"] === "number" ? line["hold"] : 0;
  const shot = { id: line.id, source: source ?? "", t: line.t, reason: text(line["reason"]), text: text(line["text"]) };
  const isManual = shot.reason === "manual";
  return withDirecting(
    { ...view, timeline: withShot(view.timeline, shot) },
    {
      onAir: source,
      why: shot.text,
      since: line.t,
      holdsUntil: hold > 0 ? line.t + hold : null,
      ...(shot.reason === "auto" ? { by: "auto", autoAt: null } : isManual ? { by: "manual" } : {}),
    },
  );
};

const cut: Rule = (view, line) => ({
  ...view,
  timeline: withCut(view.timeline, text(line["decision"]), line.t),
});

const manual: Rule = (view, line) => {
  const said = line["hold"];
  const seconds = typeof said === "number" ? said : view.directing.settings["manual_hold"]!;
  const isForever = seconds <= 0 || seconds >= FOREVER_S;
  return withDirecting(view, { by: "manual", autoAt: isForever ? null : (line.at ?? line.t) + seconds * 1000 });
};

const settings: Rule = (view, line) => {
  const all = { ...view.directing.settings, ...(line["settings"] as Record<string, number> | undefined) };
  return withDirecting(view, { settings: all, patience: patienceOf(all) });
};

const sources: Rule = (view, line) =>
  Array.isArray(line["sources"]) ? { ...view, sources: line["sources"] as LogSource[] } : view;

function changed<T>(set: ReadonlySet<T>, value: T, isIn: boolean): ReadonlySet<T> {
  if (set.has(value) === isIn) return set;
  const next = new Set(set);
  if (isIn) next.add(value);
  else next.delete(value);
  return next;
}

const speech =
  (isStart: boolean): Rule =>
  (view, line) =>
    line.source === undefined
      ? view
      : {
          ...view,
          timeline: withSpeech(view.timeline, line.source, isStart, line.edge_t ?? line.t),
          speaking: changed(view.speaking, line.source, isStart),
        };

const presence =
  (isLost: boolean): Rule =>
  (view, line) =>
    line.source === undefined ? view : { ...view, lost: changed(view.lost, line.source, isLost) };

const recording =
  (isBegin: boolean): Rule =>
  (view, line) => {
    const files = new Map(view.recording);
    if (isBegin) files.set(text(line["file"]), line.source ?? "program");
    else files.delete(text(line["file"]));
    return { ...view, recording: files };
  };

const RULES: Record<string, Rule> = {
  session_start: (view, line) => settings(sources(view, line), line),
  settings,
  sources,
  switch: switched,
  cut,
  manual_cut: manual,
  auto_resume: (view) => withDirecting(view, { by: "auto", autoAt: null }),
  speaking_start: speech(true),
  speaking_stop: speech(false),
  record_start: recording(true),
  record_stop: recording(false),
  source_lost: presence(true),
  source_back: presence(false),
  gains: (view, line) => ({ ...view, gains: { ...view.gains, ...(line["gains"] as Record<string, number> | undefined) } }),
};

export function withLine(view: LogView, line: LogEvent): LogView {
  return RULES[line.type]?.(view, line) ?? view;
}

/* Time alone: a hold that ended. */
export function atTime(view: LogView, now: number): LogView {
  const { by, autoAt } = view.directing;
  return by === "manual" && autoAt !== null && now >= autoAt ? withDirecting(view, { by: "auto", autoAt: null }) : view;
}
