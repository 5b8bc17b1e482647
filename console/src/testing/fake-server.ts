/* A server's answers for the pages that ask one: two shows, one of them with everything in it. */
import { Api, type Manifest, type ShowSummary } from "../core/api";

const SHOWS: ShowSummary[] = [
  { id: "a", name: "The Tuesday Round", startedAt: "2026-11-24T19:00:00Z", state: "complete", duration: 61_200, people: ["Maya", "Tomas", "Ines"], bytes: 2.9e9 },
  { id: "b", name: "Choir rehearsal", startedAt: "2026-11-22T17:30:00Z", state: "stopping", duration: 3_904_000, people: ["Choir", "Piano"], bytes: 11.4e9 },
  { id: "c", name: "Town meeting, second part", startedAt: "2026-11-19T18:05:00Z", state: "complete", duration: 5_460_000, people: ["Chair", "Clerk", "Floor"], bytes: 17.2e9, render: { state: "running", progress: 43, left: 312_000, error: null } },
];

const SHOW: Manifest = {
  version: 1,
  id: "a",
  name: "The Tuesday Round",
  started_at: "2026-11-24T19:00:00Z",
  state: "complete",
  duration: 61_200,
  program: { start: 0, duration: 61_200, rate: [30, 1], rendered: { cpu: 41_300, last: 20_100, times: 2 } },
  sources: [
    { id: "cam_1", label: "Maya", role: "person" },
    { id: "cam_2", label: "Tomas", role: "person" },
    { id: "cam_3", label: "Ines", role: "person" },
    { id: "cam_4", label: "Everybody", role: "wide" },
  ] as Manifest["sources"],
  files: [
    { name: "program.mp4", kind: "program", duration: 61_200, bytes: 48e6, sha256: "0" },
    { name: "highlights.mp4", kind: "highlights", duration: 22_000, bytes: 17e6, sha256: "0" },
    { name: "program.mkv", kind: "program", start: 0, duration: 61_200, bytes: 46e6, sha256: "0" },
    { name: "cam_1_iso.mkv", kind: "iso", source: "cam_1", start: 12, duration: 61_100, bytes: 45e6, sha256: "0" },
    { name: "cam_2_iso.mkv", kind: "iso", source: "cam_2", start: 9, duration: 61_100, bytes: 44e6, sha256: "0" },
    { name: "cam_3_iso.mkv", kind: "iso", source: "cam_3", start: 15, duration: 61_100, bytes: 46e6, sha256: "0" },
    { name: "shots.json", kind: "shots", bytes: 910, sha256: "0" },
    { name: "highlights.json", kind: "highlights-list", bytes: 610, sha256: "0" },
    { name: "program.fcpxml", kind: "timeline", bytes: 6100, sha256: "0" },
    { name: "waveform.json", kind: "other", bytes: 4100, sha256: "0" },
    { name: "report.json", kind: "other", bytes: 410, sha256: "0" },
    { name: "events.json", kind: "events", bytes: 18_400, sha256: "0" },
  ],
};

const SHOTS = {
  start: 0,
  duration: 61_200,
  shots: [
    { t: 0, source: "cam_4", reason: "opening" },
    { t: 5000, source: "cam_1", text: "Maya speaks" },
    { t: 19_000, source: "cam_2", text: "Tomas took over: Maya stopped 0.8 s before" },
    { t: 33_500, source: "cam_3", text: "Ines took over: Tomas stopped 0.4 s before" },
    { t: 44_000, source: "cam_1", text: "Maya took over: Ines stopped 0.7 s before" },
    { t: 55_000, source: "cam_2", text: "Tomas took over: Maya stopped 0.6 s before" },
  ],
};

const HIGHLIGHTS = {
  version: 1,
  total: 22_000,
  pieces: [
    { start: 4000, end: 15_000, at: 0, people: ["cam_1"], score: 0.95, reason: "Maya, 95 % speech, 1 cut" },
    { start: 33_000, end: 44_000, at: 11_000, people: ["cam_3", "cam_2"], score: 0.93, reason: "Ines and Tomas, 93 % speech, 1 cut" },
  ],
};

const CUTS = {
  cuts: [
    {
      cut: "calm",
      made: "2026-11-25T08:12:00Z",
      settings: { min_shot: 4, mode: "full" },
      program: { start: 0, duration: 61_200, rate: [30, 1], rendered: { cpu: 19_000, last: 19_000, times: 1 } },
      files: [
        { name: "program.mp4", kind: "program", duration: 61_200, bytes: 47e6, sha256: "0" },
        { name: "shots.json", kind: "shots", bytes: 610, sha256: "0" },
        { name: "program.edl", kind: "timeline", bytes: 900, sha256: "0" },
      ],
    },
  ],
};

const turn = (source: string, start: number, end: number) => [
  { type: "speaking_start", t: start, source },
  { type: "speaking_stop", t: end, source },
];
const EVENTS = [
  ...turn("cam_1", 4500, 18_600),
  ...turn("cam_2", 18_900, 33_000),
  ...turn("cam_3", 27_000, 28_000),
  ...turn("cam_3", 33_300, 43_700),
  ...turn("cam_1", 43_800, 54_700),
  ...turn("cam_2", 54_900, 61_000),
];

const ANSWERS: Record<string, unknown> = {
  "GET /me": { role: "admin", livekit: true, egress: { ways: ["console", "livekit", "livekit-composite"], usual: "console" } },
  "GET /destinations": { destinations: [{ name: "YouTube", address: "rtmp://a.rtmp.youtube.com/live2", hasKey: true }] },
  "GET /sessions": { sessions: SHOWS },
  "GET /sessions/a": SHOW,
  "GET /sessions/a/shots.json": SHOTS,
  "GET /sessions/a/events.json": EVENTS,
  "GET /sessions/a/highlights.json": HIGHLIGHTS,
  "GET /sessions/a/waveform.json": { version: 1, step: 200, peaks: Array.from({ length: 306 }, (_, i) => Math.round(90 + 80 * Math.sin(i / 3) * Math.sin(i / 11))) },
  "GET /sessions/a/report.json": {
    version: 1,
    pictures: "recut",
    frames: { program: 1834, copied: 1701, encoded: 133 },
    missing: [{ source: "cam_3", start: 51_000, end: 53_400 }],
    warnings: ["highlights: 22.0 s instead of 60.0 s: there is no more dense speech"],
  },
  "GET /sessions/a/cuts": CUTS,
  "GET /sessions/a/cuts/calm/shots.json": { ...SHOTS, shots: [SHOTS.shots[1], SHOTS.shots[3]].map((shot, i) => ({ ...shot, t: i * 30_000 })) },
  "POST /sessions/a/render": { render: { state: "waiting", progress: 0, left: null, error: null } },
  "DELETE /sessions/a": {},
  "DELETE /sessions/a/cuts/calm": {},
  "POST /sessions/a/restore": {},
};

export const calls: string[] = [];

function respond(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
}

export function fakeApi(change: Record<string, unknown> = {}): Api {
  const answers = { ...ANSWERS, ...change };
  return new Api({
    fetch: async (input, init) => {
      const call = `${init?.method ?? "GET"} ${input.replace(/\?.*$/, "")}`;
      calls.push(call);
      if (call in answers) return respond(200, answers[call]);
      return respond(call === "POST /login" ? 401 : 404, {
        error: { code: "not_found", message: call === "POST /login" ? "This token is not known." : "There is no such show." },
      });
    },
  });
}
