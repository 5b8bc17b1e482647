import { describe, expect, test } from "vitest";
import { programsOf, sharesOf, shotsFromFile, shotsFromLog, speechFromLog } from "./show-times";

describe("a recorded show in time", () => {
  test("has the rendered program before the parts cut live", () => {
    const names = ["cam_1_iso.mkv", "program.10.mkv", "program.2.mkv", "program.mkv", "program.mp4"];
    const files = names.map((name) => ({ name, kind: "program" }));
    const manifest = { id: "1", started_at: "", state: "complete" as const, files };
    expect(programsOf(manifest).map((file) => file.name)).toEqual(["program.mp4", "program.mkv", "program.2.mkv", "program.10.mkv"]);
  });

  test("has shots that last to the next", () => {
    const shots = [
      { t: 0, source: "cam_1", reason: "opening" },
      { t: 4000, source: "cam_2" },
    ];
    expect(shotsFromFile({ shots, duration: 9000 }, 1)).toEqual([
      { t: 0, end: 4000, source: "cam_1", reason: "opening" },
      { t: 4000, end: 9000, source: "cam_2", reason: "" },
    ]);
  });

  test("takes the shots of a live program from its cuts, and their reason from the decision", () => {
    const log = [
      { type: "switch", id: "d1", t: 1400, source: "cam_2", reason: "speaks", text: "Guest took over" },
      { type: "cut", t: 500, source: "cam_1" },
      { type: "cut", t: 1500, source: "cam_2", decision: "d1" },
    ];
    expect(shotsFromLog(log, 500, 3000)).toEqual([
      { t: 0, end: 1000, source: "cam_1", reason: "" },
      { t: 1000, end: 3000, source: "cam_2", reason: "Guest took over" },
    ]);
  });

  test("begins with what was decided before the first frame", () => {
    const log = [
      { type: "switch", id: "s1", t: 0, source: "cam_1", text: "The show begins" },
      { type: "switch", id: "s2", t: 2900, source: "cam_2" },
      { type: "cut", t: 3000, source: "cam_2", decision: "s2" },
    ];
    expect(shotsFromLog(log, 574, 4000)).toEqual([
      { t: 0, end: 2426, source: "cam_1", reason: "The show begins" },
      { t: 2426, end: 4000, source: "cam_2", reason: "" },
    ]);
  });

  test("leaves out what lies before or after the program", () => {
    const log = [
      { type: "cut", t: 0, source: "cam_1" },
      { type: "cut", t: 1000, source: "cam_2" },
      { type: "cut", t: 9000, source: "cam_1" },
    ];
    expect(shotsFromLog(log, 2000, 5000)).toEqual([{ t: 0, end: 5000, source: "cam_2", reason: "" }]);
  });

  test("lets speech begin and end where the sound does", () => {
    const log = [
      { type: "speaking_start", t: 1100, edge_t: 1000, source: "cam_1" },
      { type: "speaking_start", t: 1200, source: "cam_1" },
      { type: "speaking_stop", t: 2400, edge_t: 2000, source: "cam_1" },
      { type: "speaking_stop", t: 2500, source: "cam_2" },
      { type: "speaking_start", t: 3000, source: "cam_2" },
    ];
    expect(speechFromLog(log, 0, 4000)).toEqual([
      { source: "cam_1", start: 1000, end: 2000 },
      { source: "cam_2", start: 3000, end: 4000 },
    ]);
  });

  test("says whose speech it was, most first", () => {
    const spoken = [
      { source: "a", start: 0, end: 1000 },
      { source: "b", start: 1000, end: 4000 },
    ];
    expect([...sharesOf(spoken)]).toEqual([
      ["b", 0.75],
      ["a", 0.25],
    ]);
  });
});
