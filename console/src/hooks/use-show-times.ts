import { useCallback } from "react";
import { type LogLine, type ShotsFile, type ShownShot, shotsFromFile, shotsFromLog, speechFromLog, type Spoken } from "../components/show-times";
import type { Api, Manifest, SessionFile } from "../core/api";
import { type Answer, useAnswer } from "./use-answer";
import { useApi } from "./use-api";

export interface ShowTimes {
  shots: ShownShot[];
  spoken: Spoken[];
  duration: number;
}

async function load(api: Api, show: Manifest, program: SessionFile | undefined, duration: number): Promise<ShowTimes> {
  const has = (name: string) => (show.files ?? []).some((file) => file.name === name);
  const read = <T>(name: string) => api.call<T>("GET", api.fileAddress(show.id, name));
  const log = has("events.json") ? await read<LogLine[]>("events.json") : [];
  if (program?.name === "program.mp4" && has("shots.json")) {
    const file = await read<ShotsFile>("shots.json");
    const length = file.duration ?? duration;
    return { shots: shotsFromFile(file, length), spoken: speechFromLog(log, file.start ?? 0, length), duration: length };
  }
  const start = program?.start ?? 0;
  return { shots: shotsFromLog(log, start, duration), spoken: speechFromLog(log, start, duration), duration };
}

/* What was shown and said when, for this program of the show. */
export function useShowTimes(show: Manifest, program: SessionFile | undefined): Answer<ShowTimes> {
  const api = useApi();
  const duration = program?.duration ?? show.duration ?? show.program?.duration ?? 0;
  const [answer] = useAnswer(useCallback(() => load(api, show, program, duration), [api, show, program, duration]));
  return answer;
}
