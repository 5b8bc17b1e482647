/* The states in which the views are looked at: gallery.html?scene=NAME. */
import { WORDS } from "../core/notices";
import type { Guest, Source, StudioState } from "../core/studio";
import { RECORDING, SETUP, source, SOURCES } from "./fake-studio";

const setup = (change: Partial<StudioState>): StudioState => ({ ...SETUP, ...change });
const recording = (change: Partial<StudioState>): StudioState => ({ ...RECORDING, ...change });
const UNPLUGGED = "This camera was unplugged.";

const guest = (n: number, label: string, change: Partial<Source> = {}) =>
  source(n, label, { picture: { kind: "guest" }, microphone: "own", gainDb: null, isolationDb: null, ...change });
const GUESTS: Guest[] = [
  { id: "cam_2", state: "here", hasPicture: true, hasSound: true, isMuted: false, isQuiet: false, speaksBy: "page" },
  { id: "cam_3", state: "here", hasPicture: true, hasSound: true, isMuted: true, isQuiet: true, speaksBy: "page" },
  { id: "cam_5", state: "opening", hasPicture: false, hasSound: false, isMuted: false, isQuiet: false, speaksBy: "page" },
];
const WITH_GUESTS: Partial<StudioState> = {
  sources: [SOURCES[0]!, guest(2, "Tomas"), guest(3, "Ines"), SOURCES[3]!, guest(5, "Professor Adeyemi-Lindqvist", { trouble: "Not here yet.", isLost: true })],
  guests: {
    can: true,
    link: "joined",
    why: null,
    guests: GUESTS,
    chat: [
      { from: "cam_2", name: "Tomas", text: "Can you hear the bells in the background?", at: 1 },
      { from: "host-a", name: "Host", text: "Only a little, it is fine. We begin in two minutes.", at: 2 },
    ],
    isStudioHeard: true,
    dropped: 0,
  },
};

export const SCENES: Record<string, StudioState> = {
  welcome: setup({ permission: "unknown", sources: [], devices: [] }),
  choose: setup({ sources: [] }),
  denied: setup({ permission: "denied", sources: [], devices: [] }),
  "no-https": setup({ permission: "impossible", sources: [], devices: [] }),
  unfinished: setup({
    permission: "unknown",
    sources: [],
    devices: [],
    unfinished: [{ sessionId: "1", name: "The Tuesday Round", bytes: 48e6, isRecording: true, isKnown: true }],
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
        id: "isolation",
        ...WORDS.poorIsolation(["Tomas"]),
        actions: [],
      },
    ],
  }),
  recording: recording({}),
  manual: recording({
    directing: { ...RECORDING.directing, why: "Cut by hand", next: null, holdsUntil: null, autoAt: 24 * 60_000 + 23_000 },
  }),
  trouble: recording({
    sources: SOURCES.map((one) =>
      one.id === "cam_3" ? { ...one, trouble: UNPLUGGED, isLost: true } : one,
    ),
    directing: { ...RECORDING.directing, next: null, decidedBy: "console" },
    link: { state: "offline", behindMs: 48_000, offsetErrorMs: null, roundTripMs: null },
    files: RECORDING.files.map((file) => (file.source === "cam_3" ? { ...file, state: "failed", trouble: "camera unplugged at 23:58" } : file)),
    format: { ...RECORDING.format, reduced: "This machine is busy, so each second gets half the data." },
    notices: [
      {
        id: "link",
        ...WORDS.linkDown(),
        actions: [],
      },
      {
        id: "trouble:cam_3",
        ...WORDS.pictureGone("Ines", UNPLUGGED),
        actions: [],
      },
    ],
  }),
  guests: recording(WITH_GUESTS),
  "setup-guests": setup({ ...WITH_GUESTS, sessionId: "1" }),
  "no-livekit": setup({ guests: { ...SETUP.guests, can: false } }),
  stopped: recording({ phase: "stopped", files: RECORDING.files.map((file) => ({ ...file, state: "sending" })) }),
  done: recording({
    phase: "stopped",
    files: RECORDING.files.map((file) => ({ ...file, state: "done", sentBytes: file.bytes, safeUntil: file.keptUntil })),
    link: { ...RECORDING.link, behindMs: 0 },
  }),
};
