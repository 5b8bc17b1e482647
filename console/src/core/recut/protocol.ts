/* What the page and the worker that plans cuts say to each other. */
import type { LogEvent, LogSource } from "../event";
import type { PlannedShot, Replay } from "../director/replay";

export type Wish = Omit<Replay, "lines" | "sources">;

export type ToPlanner =
  /* Once for a show: its log is long. */
  | { kind: "open"; module: WebAssembly.Module; lines: LogEvent[]; sources: LogSource[] }
  | { kind: "plan"; run: number; wish: Wish };

export type FromPlanner = { run: number; shots: PlannedShot[] } | { run: number; failed: string };
