/* The states in which the views are looked at: gallery.html?scene=NAME. */
import type { StudioState } from "../core/studio";
import { RECORDING, SETUP, source, SOURCES } from "./fake-studio";

const setup = (change: Partial<StudioState>): StudioState => ({ ...SETUP, ...change });
const recording = (change: Partial<StudioState>): StudioState => ({ ...RECORDING, ...change });
const nothing = () => {};

export const SCENES: Record<string, StudioState> = {
  welcome: setup({ permission: "unknown", sources: [], devices: [] }),
  choose: setup({ sources: [] }),
  denied: setup({ permission: "denied", sources: [], devices: [] }),
  "no-https": setup({ permission: "impossible", sources: [], devices: [] }),
  unfinished: setup({
    permission: "unknown",
    sources: [],
    devices: [],
    unfinished: [{ sessionId: "1", name: "The Tuesday Round", bytes: 48e6, isRecording: true }],
  }),
  setup: setup({
    sources: [
      SOURCES[0]!,
      source(2, "Tomas", { isolationDb: 3 }),
      source(3, "Ines", { gainDb: null, isolationDb: null }),
      SOURCES[3]!,
      source(5, "Phone 5", { picture: { kind: "phone", clientId: null }, microphone: "own", gainDb: null, isolationDb: null }),
    ],
    notices: [
      {
        id: "isolation-cam_2",
        level: "warning",
        title: "Two microphones hear the same voice",
        text: "Tomas's microphone hears Maya only 3 dB softer. Move it closer to Tomas, or run the sound check again.",
        actions: [{ label: "Sound check", run: nothing }],
      },
    ],
  }),
  recording: recording({}),
  manual: recording({
    directing: { ...RECORDING.directing, why: "Cut by hand", next: null, holdsUntil: null, autoAt: 24 * 60_000 + 23_000 },
  }),
  trouble: recording({
    sources: SOURCES.map((one) =>
      one.id === "cam_3" ? { ...one, trouble: "The camera was unplugged", isLost: true } : one,
    ),
    directing: { ...RECORDING.directing, next: null, decidedBy: "console" },
    link: { state: "offline", behindMs: 48_000, offsetErrorMs: null, roundTripMs: null },
    files: RECORDING.files.map((file) => (file.source === "cam_3" ? { ...file, state: "failed", trouble: "camera unplugged at 23:58" } : file)),
    format: { ...RECORDING.format, reduced: "Half the bitrate: this machine is busy." },
    notices: [
      {
        id: "link",
        level: "warning",
        title: "The server is out of reach",
        text: "The show goes on: this browser records and directs, and sends everything when the server is back. 61 GB fit here.",
        actions: [{ label: "Try now", run: nothing }],
      },
      {
        id: "lost-cam_3",
        level: "warning",
        title: "Ines's camera is gone",
        text: "The director does not use it. The other files are not affected. Plug it in again, and it goes on as a new part.",
        actions: [],
      },
    ],
  }),
  stopped: recording({ phase: "stopped", files: RECORDING.files.map((file) => ({ ...file, state: "sending" })) }),
  done: recording({
    phase: "stopped",
    files: RECORDING.files.map((file) => ({ ...file, state: "done", sentBytes: file.bytes, safeUntil: file.keptUntil })),
    link: { ...RECORDING.link, behindMs: 0 },
  }),
};
