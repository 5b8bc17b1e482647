/* Plans cuts, so that a slider stays smooth while an hour is directed again. */
import { replayShots } from "../director/replay";
import type { FromPlanner, ToPlanner } from "./protocol";

let show: Extract<ToPlanner, { kind: "open" }> | null = null;

addEventListener("message", ({ data }: MessageEvent<ToPlanner>) => {
  if (data.kind === "open") {
    show = data;
    return;
  }
  if (!show) return;
  let answer: FromPlanner;
  try {
    answer = { run: data.run, shots: replayShots(show.module, { ...data.wish, lines: show.lines, sources: show.sources }) };
  } catch (error) {
    answer = { run: data.run, failed: error instanceof Error ? error.message : String(error) };
  }
  postMessage(answer);
});
