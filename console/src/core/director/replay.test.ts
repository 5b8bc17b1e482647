/* What this browser plans is what `crosscut cut` writes, on real meetings and on made-up troubles. */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import type { LogEvent, LogSource } from "../event";
import { isBuilt, wasm } from "../testing/desk";
import { settingsOf } from "./patience";
import { type Mode, type PlannedShot, type Rate, replayShots } from "./replay";

const source = resolve(__dirname, "../../../..");
const crosscut = resolve(process.env["CROSSCUT_BUILD"] ?? join(source, "build"), "crosscut");
const meetings = join(source, "bench/data/director");
const folder = mkdtempSync(join(tmpdir(), "crosscut-replay-"));
afterAll(() => rmSync(folder, { recursive: true }));

/* Waited for without standing still: the runner takes a test file that does for dead after a minute. */
const run = promisify(execFile);

const MODES: Mode[] = ["causal", "look-ahead", "full"];

interface Show {
  lines: LogEvent[];
  sources: LogSource[];
  duration: number;
  start?: number;
  rate?: Rate;
}

async function cutInC({ lines, sources, duration, start = 0, rate }: Show, mode: Mode, settings: Record<string, number>): Promise<PlannedShot[]> {
  const log = join(folder, "events.json");
  writeFileSync(log, JSON.stringify(lines));
  writeFileSync(
    join(folder, "manifest.json"),
    JSON.stringify({
      version: 1, id: "6f9c1c1e-6e3a-4b9c-9f6e-3f1f6f0f5a11", name: "Test", started_at: "2026-11-24T19:00:00Z", state: "complete",
      program: { start, duration, ...(rate ? { rate } : {}) }, sources, files: [],
    }),
  );
  const set = Object.entries(settings).flatMap(([name, value]) => ["--set", `${name}=${value}`]);
  const { stdout } = await run(crosscut, ["cut", log, "--mode", mode, ...set], { maxBuffer: 64 << 20 });
  const { shots } = JSON.parse(stdout) as { shots: { t: number; source: string; reason: string }[] };
  return shots.map(({ t, source, reason }) => ({ t, source, reason }));
}

async function compare(show: Show, mode: Mode, settings: Record<string, number>): Promise<void> {
  const mine = replayShots(wasm("director"), { ...show, start: show.start ?? 0, mode, settings });
  expect(mine).toEqual(await cutInC(show, mode, settings));
  expect(mine.length).toBeGreaterThan(0);
}

/* "start_ms end_ms cam" of people who spoke, as a detector would have told of it. */
function meeting(name: string, wide: boolean): Show {
  const rows = readFileSync(join(meetings, name), "utf8").split("\n");
  const duration = Number(/dur_ms (\d+)/.exec(rows[0]!)![1]);
  const spans = rows.filter((row) => /^\d/.test(row)).map((row) => row.split(" ").map(Number) as [number, number, number]);
  const people = [...new Set(spans.map(([, , n]) => n))].sort((a, b) => a - b);
  const sources: LogSource[] = people.map((n) => ({ id: `cam_${n}`, label: `P${n}`, role: "person", priority: 0 }));
  if (wide) sources.push({ id: "cam_9", label: "All", role: "wide", priority: 0 });
  const lines = spans.flatMap(([start, end, n]): Omit<LogEvent, "id">[] => [
    { type: "speaking_start", t: start + 93, at: start + 110, edge_t: start, source: `cam_${n}` },
    { type: "speaking_stop", t: end + 395, at: end + 401, edge_t: end, source: `cam_${n}` },
  ]);
  const all = [{ type: "session_start", t: 0, sources } as Omit<LogEvent, "id">, ...lines];
  all.sort((a, b) => (a["at"] as number ?? a["t"]) - ((b["at"] as number) ?? b["t"]));
  return { lines: all.map((line, i) => ({ ...line, id: `e${i}`, seq: i + 1 }) as LogEvent), sources, duration, rate: [30000, 1001] };
}

/* The same numbers for the same seed. */
function dice(seed: number): (n: number) => number {
  let state = (seed * 2654435761) >>> 0;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

/* Everything that can be in a log: late sources, changed roles, lost pictures, deciders that take turns. */
function trouble(seed: number): Show {
  const roll = dice(seed);
  const duration = 120_000 + roll(200_000);
  const sources: LogSource[] = [
    { id: "cam_1", label: "A", role: "person", priority: 0 },
    { id: "cam_2", label: "B", role: "person", priority: roll(3) - 1 },
    { id: "cam_3", label: "C", role: seed % 2 ? "wide" : "person", priority: 0 },
    { id: "cam_4", label: "D", role: seed % 3 ? "screen" : "mic", priority: 0, ...(seed % 3 ? {} : { camera: "cam_1" }) },
  ];
  const lines: LogEvent[] = [{ id: "s", type: "session_start", t: 0, sources: seed % 4 ? sources : sources.slice(0, 3) }];
  let t = 0;
  let epoch = 0;
  for (let i = 0; t < duration; i++) {
    t += roll(2500);
    const late = roll(3) ? 0 : roll(400);
    const line = (type: string, more: Record<string, unknown> = {}): void =>
      void lines.push({ id: `e${i}-${lines.length}`, type, t, at: t + late, ...(epoch ? { epoch } : {}), ...more } as LogEvent);
    const who = { source: `cam_${1 + roll(4)}` };
    const what = roll(40);
    if (what < 14) line("speaking_start", { ...who, ...(roll(2) ? { edge_t: t - 93.4 } : {}) });
    else if (what < 28) line("speaking_stop", { ...who, ...(roll(2) ? { edge_t: Math.max(0, t - 395) } : {}) });
    else if (what < 30) line("manual_cut", { ...who, ...(roll(2) ? { hold: roll(8) / 2 } : {}) });
    else if (what < 31) line("auto_resume");
    else if (what < 33) line("source_lost", who);
    else if (what < 36) line("source_back", who);
    else if (what < 37) line("marker", { ...who, kind: "slide" });
    else if (what < 38) line("settings", { settings: roll(3) ? { min_shot: 1 + roll(30) / 10 } : { preset: "podcast", silence: 9 } });
    else if (what < 39) line("sources", { sources: roll(2) ? sources : sources.map((one) => (one.id === "cam_3" ? { ...one, role: roll(2) ? "person" : "wide" } : one)) });
    else {
      epoch++;
      line("epoch", { by: epoch % 2 ? "console" : "server", epoch, lastSeq: Math.max(0, lines.length - roll(6)) });
    }
  }
  /* What a manifest says: the list that came last. */
  const last = lines.findLast((line) => line["sources"] !== undefined)!["sources"] as LogSource[];
  return { lines: lines.map((line, i) => ({ ...line, seq: i + 1 })), sources: last, duration, start: roll(2) * roll(900), rate: [[30, 1], [25, 1], [24000, 1001]][seed % 3] as unknown as Rate };
}

describe.skipIf(!isBuilt || !existsSync(crosscut))("a show directed again in the browser", () => {
  for (const name of existsSync(meetings) ? readdirSync(meetings).filter((one) => one.endsWith(".txt")) : [])
    it(`cuts as the program does: ${name}`, async () => {
      const show = meeting(name, name.includes("S"));
      for (const mode of MODES) await compare(show, mode, mode === "look-ahead" ? { look_ahead: 1.2 } : {});
      await compare(show, "causal", { ...settingsOf(9), cross_talk: 0 });
      await compare(show, "full", { ...settingsOf(2), opening: 4, max_shot: 40, reaction_after: 20 });
    }, 120_000);

  it("cuts as the program does whatever went wrong", async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const show = trouble(seed);
      for (const mode of MODES)
        try {
          await compare(show, mode, { look_ahead: seed % 2 ? 1 : 0.4, min_shot: 1 + (seed % 5) / 2 });
        } catch (error) {
          throw new Error(`seed ${seed}, ${mode}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
        }
    }
  }, 120_000);

  it("says when the log has settings that nobody can read", () => {
    const show = trouble(1);
    const lines: LogEvent[] = [...show.lines, { id: "x", type: "settings", t: 500, settings: { none_such: 1 } }];
    expect(() => replayShots(wasm("director"), { ...show, lines, start: 0, mode: "causal", settings: {} })).toThrow("none_such");
  });
});
