import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import type { LogEvent, LogSource } from "../event";
import { isBuilt, wasm } from "../testing/desk";
import { DirectorRoom } from "./room";

const golden = resolve(__dirname, "../../../../tests/director/golden");
const ROLES: Record<string, LogSource["role"]> = { p: "person", w: "wide", s: "screen", m: "mic" };
const TYPES: Record<string, string> = {
  start: "speaking_start",
  stop: "speaking_stop",
  manual: "manual_cut",
  resume: "auto_resume",
  lost: "source_lost",
  back: "source_back",
};

/* A golden script as the lines of a log that says the same. */
function read(text: string) {
  const sources: LogSource[] = [];
  const settings: Record<string, number> = {};
  const lines: LogEvent[] = [];
  let end = 0;
  for (const words of text.split("\n").map((line) => line.split(" "))) {
    const [first, second, third, last] = words as [string, string, string, string];
    if (first === "sources")
      for (const [i, role] of [...second].entries())
        sources.push({ id: `cam_${i + 1}`, label: `P${i + 1}`, role: ROLES[role]!, priority: 0 });
    else if (first === "priority") sources[Number(second)]!.priority = Number(third);
    else if (first === "set") settings[second] = Number(third) / 1000;
    else if (first === "end") end = Number(second);
    else if (/^\d+$/.test(first)) {
      const line: LogEvent = { id: String(lines.length), type: TYPES[second] ?? second, t: Number(first), at: Number(first) };
      line.source = `cam_${Number(third) + 1}`;
      if (second === "slide") Object.assign(line, { type: "marker", kind: "slide" });
      if (second === "manual") line["hold"] = Number(last) / 1000;
      else if (last && last !== "-") line.edge_t = Number(last);
      lines.push(line);
    }
  }
  return { sources, settings, lines, end };
}

describe.skipIf(!isBuilt)("the director in the browser", () => {
  const names = readdirSync(golden).filter((name) => /^meeting-(live|look-ahead)\.events$/.test(name));
  for (const name of names) {
    const text = readFileSync(resolve(golden, name), "utf8");
    it(`decides as the one in C: ${name}`, () => {
      const { sources, settings, lines, end } = read(text);
      const room = new DirectorRoom(wasm("director"), sources, settings, { lines });
      for (const line of lines) room.feed(line);
      room.advance(end + (settings["look_ahead"] ?? 0) * 1000);
      const decisions = room
        .take()
        .map(({ t, decided, source, reason, lost, hold }) => {
          const index = (id: string | null) => sources.findIndex((one) => one.id === id);
          return `${t} ${decided} ${index(source)} ${reason} ${index(lost)} ${hold}\n`;
        })
        .join("");
      expect(decisions).toBe(readFileSync(resolve(golden, name.replace(".events", ".decisions")), "utf8"));
    });
  }

  const pair: LogSource[] = [
    { id: "cam_1", label: "Host", role: "person", priority: 0 },
    { id: "cam_2", label: "Lapel", role: "mic", priority: 0, camera: "cam_1" },
    { id: "cam_3", label: "Guest", role: "person", priority: 0 },
  ];
  const line = (type: string, t: number, source: string): LogEvent => ({ id: `${type}${t}`, type, t, source });

  it("shows whoever wears a microphone of their own", () => {
    const room = new DirectorRoom(wasm("director"), pair, {});
    room.feed(line("speaking_start", 3000, "cam_3"));
    room.feed(line("speaking_stop", 7000, "cam_3"));
    room.feed(line("speaking_start", 8000, "cam_2"));
    room.advance(15_000);
    expect(room.take().at(-1)!.source).toBe("cam_1");
  });

  it("does not know a source before the list that names it", () => {
    const first: LogEvent = { id: "a", type: "session_start", t: 0, sources: pair.slice(0, 1) };
    const later: LogEvent = { id: "b", type: "sources", t: 9000, sources: pair };
    const early = { ...line("manual_cut", 2000, "cam_3"), hold: 2 };
    const lines = [first, early, later, line("manual_cut", 12_000, "cam_3")];
    const room = new DirectorRoom(wasm("director"), pair, {}, { lines });
    for (const one of lines) room.feed(one);
    room.advance(14_000);
    const shown = room.take().filter(({ source }) => source === "cam_3");
    expect(shown.map(({ t }) => t)).toEqual([12_000]);
  });

  it("keeps its settings when a line says some that are out of range", () => {
    const room = new DirectorRoom(wasm("director"), pair, { min_shot: 2 });
    room.feed({ id: "s", type: "settings", t: 100, settings: { min_shot: 4000 } });
    room.feed(line("speaking_start", 3000, "cam_3"));
    room.advance(8000);
    expect(room.take().at(-1)!.source).toBe("cam_3");
  });
});
