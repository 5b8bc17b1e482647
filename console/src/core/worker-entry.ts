/* Where the browser starts the worker. */
import { Desk, type ToWorker } from "./worker";

const desk = new Desk((message) => postMessage(message));
addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  try {
    desk.take(data);
  } catch (error) {
    postMessage({ kind: "failed", what: data.kind, why: error instanceof Error ? error.message : String(error) });
  }
});
