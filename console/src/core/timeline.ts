/* The last ten minutes of a show: who spoke when, and what was on air. Pure: state in, state out. */
import type { Shot, SourceId, Speech } from "./studio";

export const WINDOW_MS = 600_000;

export interface Timeline {
  shots: Shot[];
  speech: Speech[];
  spoken: Record<SourceId, number>; /* ms of speech that has ended, of the whole show */
}

export const EMPTY: Timeline = { shots: [], speech: [], spoken: {} };

/* `id`: of the decision; a cut by the producer names it. */
export interface KnownShot extends Shot {
  id?: string;
}

function prune(timeline: Timeline, now: number): Timeline {
  const from = now - WINDOW_MS;
  /* The shot on air when the window begins belongs to it. */
  const first = timeline.shots.findLastIndex((shot) => shot.t <= from);
  const speech = timeline.speech.filter(({ end }) => end === null || end > from);
  if (first <= 0 && speech.length === timeline.speech.length) return timeline;
  return { ...timeline, shots: first > 0 ? timeline.shots.slice(first) : timeline.shots, speech };
}

export function withShot(timeline: Timeline, shot: KnownShot): Timeline {
  const shots = (timeline.shots as KnownShot[]).filter((other) => shot.id === undefined || other.id !== shot.id);
  let at = shots.length;
  while (at > 0 && shots[at - 1]!.t > shot.t) at--;
  shots.splice(at, 0, shot);
  /* Of two at one moment the later decision counts. */
  if (at > 0 && shots[at - 1]!.t === shot.t) shots.splice(at - 1, 1);
  return prune({ ...timeline, shots }, shot.t);
}

/* The producer says which frame is the first of a decision's shot. */
export function withCut(timeline: Timeline, decision: string, t: number): Timeline {
  const shot = (timeline.shots as KnownShot[]).find(({ id }) => id === decision);
  return shot && shot.t !== t ? withShot(timeline, { ...shot, t }) : timeline;
}

export function withSpeech(timeline: Timeline, source: SourceId, isStart: boolean, edge: number): Timeline {
  const open = timeline.speech.findLastIndex((one) => one.source === source && one.end === null);
  if (isStart) {
    if (open >= 0) return timeline;
    return prune({ ...timeline, speech: [...timeline.speech, { source, start: edge, end: null }] }, edge);
  }
  if (open < 0) return timeline;
  const one = timeline.speech[open]!;
  const end = Math.max(edge, one.start);
  const speech = timeline.speech.map((other) => (other === one ? { ...one, end } : other));
  const spoken = { ...timeline.spoken, [source]: (timeline.spoken[source] ?? 0) + end - one.start };
  return prune({ ...timeline, speech, spoken }, end);
}

/* The share of each in all speech so far, with what is being said now. */
export function shares(timeline: Timeline, now: number): Record<SourceId, number> {
  const spoken = { ...timeline.spoken };
  for (const { source, start, end } of timeline.speech)
    if (end === null) spoken[source] = (spoken[source] ?? 0) + Math.max(0, now - start);
  const all = Object.values(spoken).reduce((sum, ms) => sum + ms, 0);
  return Object.fromEntries(Object.entries(spoken).map(([source, ms]) => [source, all > 0 ? ms / all : 0]));
}
