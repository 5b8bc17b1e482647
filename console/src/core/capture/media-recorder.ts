import type { Engine } from "./engine";
import type { FromWorker } from "./protocol";
import type { Sound } from "./sound";

export function mediaRecorderEngine(_sound: Sound, _receive: (message: FromWorker) => void): Engine {
  throw new Error("not yet");
}
