/* A recorded show as pictures in time: what was shown when, and who spoke, in ms of the program. */
import type { Manifest, SessionFile } from "../core/api";

export interface ShownShot {
  t: number;
  end: number;
  source: string;
  reason: string;
}

export interface Spoken {
  source: string;
  start: number;
  end: number;
}

export interface LogLine {
  type: string;
  t: number;
  source?: string;
  edge_t?: number;
  reason?: string;
  text?: string;
  decision?: string;
  id?: string;
}

export interface ShotsFile {
  start?: number;
  duration?: number;
  shots: { t: number; source: string; reason?: string; text?: string }[];
}

/* The rendered program first; then what was cut live, part after part. */
export function programsOf(manifest: Manifest): SessionFile[] {
  const files = manifest.files ?? [];
  const rendered = files.filter((file) => file.name === "program.mp4");
  const part = (file: SessionFile) => Number(/^program\.(\d+)\./.exec(file.name)?.[1] ?? 1);
  const live = files.filter((file) => /^program(\.\d+)?\.(webm|mkv)$/.test(file.name)).sort((a, b) => part(a) - part(b));
  return [...rendered, ...live];
}

function withEnds(shots: { t: number; source: string; reason: string }[], start: number, duration: number): ShownShot[] {
  return shots
    .map((shot, i) => ({ ...shot, t: Math.max(0, shot.t - start), end: Math.min(duration, (shots[i + 1]?.t ?? Infinity) - start) }))
    .filter((shot) => shot.end > shot.t);
}

/* shots.json counts from the program's first frame already. */
export function shotsFromFile(file: ShotsFile, duration: number): ShownShot[] {
  return withEnds(
    file.shots.map((shot) => ({ t: shot.t, source: shot.source, reason: shot.text ?? shot.reason ?? "" })),
    0,
    file.duration ?? duration,
  );
}

/* Of a program that was cut live: `cut` says what was shown, and names the decision that says why. */
export function shotsFromLog(log: readonly LogLine[], start: number, duration: number): ShownShot[] {
  const decisions = new Map(log.filter((line) => line.type === "switch").map((line) => [line.id, line]));
  const cuts = log.filter((line) => line.type === "cut" && line.source !== undefined).sort((a, b) => a.t - b.t);
  /* The program begins with what was decided by then: nothing was cut to it. */
  const first = log.findLast((line) => line.type === "switch" && line.t <= start && line.source !== undefined) ?? log.find((line) => line.type === "switch");
  if (first && (cuts[0]?.t ?? Infinity) > start) cuts.unshift({ ...first, t: start, decision: first.id });
  return withEnds(
    cuts.map((cut) => {
      const why = decisions.get(cut.decision);
      return { t: cut.t, source: cut.source ?? "", reason: why?.text ?? why?.reason ?? "" };
    }),
    start,
    duration,
  );
}

export function speechFromLog(log: readonly LogLine[], start: number, duration: number): Spoken[] {
  const began = new Map<string, number>();
  const spoken: Spoken[] = [];
  const add = (source: string, from: number, to: number) => {
    const one = { source, start: Math.max(0, from - start), end: Math.min(duration, to - start) };
    if (one.end > one.start) spoken.push(one);
  };
  for (const line of log) {
    if (line.source === undefined) continue;
    const at = line.edge_t ?? line.t;
    if (line.type === "speaking_start" && !began.has(line.source)) began.set(line.source, at);
    const from = began.get(line.source);
    if (line.type === "speaking_stop" && from !== undefined) {
      add(line.source, from, at);
      began.delete(line.source);
    }
  }
  for (const [source, from] of began) add(source, from, start + duration);
  return spoken.sort((a, b) => a.start - b.start);
}

/* Share of all speech of each, most first. */
export function sharesOf(spoken: readonly Spoken[]): Map<string, number> {
  const sums = new Map<string, number>();
  let all = 0;
  for (const { source, start, end } of spoken) {
    sums.set(source, (sums.get(source) ?? 0) + end - start);
    all += end - start;
  }
  return new Map([...sums].sort((a, b) => b[1] - a[1]).map(([source, ms]) => [source, all ? ms / all : 0]));
}
