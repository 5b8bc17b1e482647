/* Other cuts of a recorded show, planned in this browser: no server is asked. */
import directorUrl from "wasm/director.wasm?url";
import type { PlannedShot } from "../director/replay";
import type { LogEvent, LogSource } from "../event";
import type { FromPlanner, ToPlanner, Wish } from "./protocol";

export type { PlannedShot } from "../director/replay";
export type { Wish } from "./protocol";

export interface Planner {
  /* Only the newest wish is answered; those before it stay open for ever. */
  plan(wish: Wish): Promise<PlannedShot[]>;
  close(): void;
}

export type StartPlanner = (lines: LogEvent[], sources: LogSource[]) => Planner;

interface Waiting {
  run: number;
  wish: Wish;
  done: (shots: PlannedShot[]) => void;
  failed: (error: Error) => void;
}

export const startPlanner: StartPlanner = (lines, sources) => {
  const worker = new Worker(new URL("./worker-entry.ts", import.meta.url), { type: "module" });
  const post = (message: ToPlanner) => worker.postMessage(message);
  let runs = 0;
  let isOpen = false;
  let isBusy = false;
  let latest: Waiting | null = null; /* asked, and not answered yet */
  const next = () => {
    if (!isOpen || isBusy || !latest) return;
    isBusy = true;
    post({ kind: "plan", run: latest.run, wish: latest.wish });
  };
  const fail = (why: string) => {
    latest?.failed(new Error(why));
    latest = null;
  };
  worker.addEventListener("message", ({ data }: MessageEvent<FromPlanner>) => {
    isBusy = false;
    if (latest?.run === data.run) {
      if ("shots" in data) latest.done(data.shots);
      else latest.failed(new Error(data.failed));
      latest = null;
    }
    next();
  });
  worker.addEventListener("error", ({ message }) => fail(message));
  load(directorUrl).then(
    (module) => {
      post({ kind: "open", module, lines, sources });
      isOpen = true;
      next();
    },
    (error: unknown) => fail(String(error)),
  );
  return {
    plan: (wish) =>
      new Promise((done, failed) => {
        latest = { run: ++runs, wish, done, failed };
        next();
      }),
    close: () => worker.terminate(),
  };
};

async function load(url: string): Promise<WebAssembly.Module> {
  return WebAssembly.compile(await (await fetch(url)).arrayBuffer());
}
