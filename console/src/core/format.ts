/* Which picture this machine can record: asked of the encoder itself, the best first. */
import type { Format } from "./studio";

export const START_FORMAT: Format = {
  width: 1280,
  height: 720,
  rate: 30,
  recorder: "webcodecs",
  videoKbps: 2500,
  reduced: null,
};

const WANTED: [width: number, height: number, kbps: number][] = [
  [1920, 1080, 5000],
  [1280, 720, 2500],
];

/* H.264 baseline at the level that holds the size. */
function codecOf(height: number): string {
  return height > 720 ? "avc1.420028" : "avc1.42001f";
}

async function canEncode(width: number, height: number, rate: number, kbps: number): Promise<boolean> {
  if (typeof VideoEncoder === "undefined" || typeof AudioEncoder === "undefined") return false;
  try {
    const { supported } = await VideoEncoder.isConfigSupported({
      codec: codecOf(height),
      width,
      height,
      framerate: rate,
      bitrate: kbps * 1000,
      latencyMode: "realtime",
      avc: { format: "avc" },
    });
    return supported === true;
  } catch {
    return false;
  }
}

/* `mostHeight`: of the cameras that are there. With four cores or fewer 720p is enough to ask of it. */
export async function probeFormat(mostHeight: number, cores = navigator.hardwareConcurrency ?? 4): Promise<Format> {
  for (const [width, height, videoKbps] of WANTED) {
    if (height > mostHeight || (height > 720 && cores <= 4)) continue;
    if (await canEncode(width, height, 30, videoKbps))
      return { width, height, rate: 30, recorder: "webcodecs", videoKbps, reduced: null };
  }
  return { ...START_FORMAT, recorder: "mediarecorder" };
}

/* Bytes a second of everything that is recorded: each camera, the program, the sound. */
export function bytesPerSecond(format: Format, sources: number): number {
  return ((sources + 1) * (format.videoKbps + 128) * 1000) / 8;
}
