/* The worker as the studio sees it: started, its modules loaded, its answers handed on. */
import directorUrl from "wasm/director.wasm?url";
import speechUrl from "wasm/speech.wasm?url";
import type { FromWorker, ToWorker } from "./worker";

export interface Helper {
  post(message: ToWorker, transfer?: Transferable[]): void;
  close(): void;
}

export function startHelper(answered: (message: FromWorker) => void): Helper {
  const worker = new Worker(new URL("./worker-entry.ts", import.meta.url), { type: "module" });
  worker.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => answered(data));
  worker.addEventListener("error", ({ message }) => answered({ kind: "failed", what: "worker", why: message }));
  Promise.all([compile(speechUrl), compile(directorUrl)]).then(
    ([speech, director]) => worker.postMessage({ kind: "open", speech, director } satisfies ToWorker),
    (error: unknown) => answered({ kind: "failed", what: "open", why: String(error) }),
  );
  return {
    post: (message, transfer = []) => worker.postMessage(message, transfer),
    close: () => worker.terminate(),
  };
}

async function compile(url: string): Promise<WebAssembly.Module> {
  return WebAssembly.compile(await (await fetch(url)).arrayBuffer());
}
