/* The worker of the console in the test's own thread, with the modules that the C build made; null
 * where it was not built. */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Desk, type FromWorker, type ToWorker } from "../worker";

const build = resolve(process.env["CROSSCUT_BUILD"] ?? resolve(__dirname, "../../../../build"));
const path = (room: string) => resolve(build, "src", room, `${room}.wasm`);

export const isBuilt = existsSync(path("speech")) && existsSync(path("director"));

export function wasm(room: "speech" | "director"): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(path(room)));
}

export function openDesk(answered: (message: FromWorker) => void): (message: ToWorker) => void {
  const desk = new Desk((message) => queueMicrotask(() => answered(structuredClone(message))));
  desk.take({ kind: "open", speech: wasm("speech"), director: wasm("director") });
  return (message) => desk.take(structuredClone(message));
}
