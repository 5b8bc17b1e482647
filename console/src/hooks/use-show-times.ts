import { useMemo } from "react";
import { type ShownShot, shotsFromFile, shotsFromLog, type ShotsFile, speechFromLog, type Spoken } from "../components/show-times";
import type { Watchable } from "../components/watch";
import type { Cut, Manifest } from "../core/api";
import type { LogEvent } from "../core/event";
import type { Answer } from "./use-answer";
import { useFile } from "./use-file";

export interface ShowTimes {
  start: number; /* of the first frame, session clock */
  duration: number; /* ms; 0: not known */
  shots: ShownShot[];
  spoken: Spoken[];
}

export interface ShowLog {
  state: Answer<unknown>["state"];
  times: ShowTimes;
  lines: LogEvent[];
}

const NONE: LogEvent[] = [];

/* What was shown and said when, in what is being watched; of highlights: in the program that they are of. */
export function useShowTimes(show: Manifest, watched: Watchable | undefined, cuts: readonly Cut[]): ShowLog {
  const log = useFile<LogEvent[]>(show.id, show.files, "events.json");
  const own = useFile<ShotsFile>(show.id, show.files, "shots.json");
  const cut = watched?.cut ?? null;
  const ofCut = useFile<ShotsFile>(show.id, cuts.find((one) => one.cut === cut)?.files, "shots.json", cut);
  const isPart = watched === undefined || watched.kind === "part";
  const shots = isPart ? null : cut === null ? own : ofCut;
  const lines = (log.state === "here" ? log.value : null) ?? NONE;
  const file = shots?.state === "here" ? shots.value : null;
  const times = useMemo((): ShowTimes => {
    const start = file?.start ?? watched?.file.start ?? show.program?.start ?? 0;
    const usual = watched?.kind === "highlights" ? undefined : watched?.file.duration;
    const duration = file?.duration ?? usual ?? show.program?.duration ?? show.duration ?? 0;
    const all = file ? shotsFromFile(file, duration) : shotsFromLog(lines, start, duration);
    return { start, duration, shots: all, spoken: speechFromLog(lines, start, duration) };
  }, [file, lines, watched, show.program, show.duration]);
  const states = [log.state, shots?.state ?? "here"];
  return { state: states.includes("failed") ? "failed" : states.includes("waiting") ? "waiting" : "here", times, lines };
}
