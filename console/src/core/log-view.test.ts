import { describe, expect, it } from "vitest";
import type { LogEvent } from "./event";
import { atTime, emptyView, FOREVER_S, withLine, type LogView } from "./log-view";

const line = (type: string, t: number, rest: object = {}): LogEvent => ({ id: `${type}${t}`, type, t, ...rest });
const view = (...lines: LogEvent[]): LogView => lines.reduce(withLine, emptyView([], {}));

describe("what a log says for the screen", () => {
  it("says what is on air, why, and how long it holds", () => {
    const { directing } = view(line("switch", 5000, { source: "cam_2", reason: "speaks", text: "Guest speaks", hold: 1500 }));
    expect(directing).toMatchObject({ onAir: "cam_2", why: "Guest speaks", since: 5000, holdsUntil: 6500, by: "auto" });
  });

  it("counts a cut by hand down to auto, from when the server took it", () => {
    const manual = view(line("manual_cut", 1000, { source: "cam_1", at: 1010 }));
    expect(manual.directing).toMatchObject({ by: "manual", autoAt: 11_010 });
    expect(atTime(manual, 11_009)).toBe(manual);
    expect(atTime(manual, 11_010).directing).toMatchObject({ by: "auto", autoAt: null });
  });

  it("holds until it is resumed, when it was told to or when manual cuts never end", () => {
    expect(view(line("manual_cut", 0, { source: "cam_1", hold: FOREVER_S })).directing.autoAt).toBe(null);
    const never = view(line("settings", 0, { settings: { manual_hold: 0 } }), line("manual_cut", 1, { source: "cam_1" }));
    expect(never.directing).toMatchObject({ by: "manual", autoAt: null });
    expect(withLine(never, line("auto_resume", 9)).directing).toMatchObject({ by: "auto" });
  });

  it("is automatic again when the director says so", () => {
    const auto = view(line("manual_cut", 0, { source: "cam_1" }), line("switch", 9000, { source: "cam_2", reason: "auto" }));
    expect(auto.directing).toMatchObject({ by: "auto", autoAt: null, onAir: "cam_2" });
  });

  it("keeps settings that a line does not name, and says whether they are a patience", () => {
    const { directing } = view(line("session_start", 0, { settings: { silence: 20 } }), line("settings", 5, { settings: { min_shot: 3 } }));
    expect(directing.settings).toMatchObject({ silence: 20, min_shot: 3, return: 2 });
    expect(directing.patience).toBeNaN();
  });

  it("knows who is lost and who speaks", () => {
    const both = view(line("source_lost", 1, { source: "cam_1" }), line("speaking_start", 2, { source: "cam_2", edge_t: 1 }));
    expect([...both.lost]).toEqual(["cam_1"]);
    expect([...both.speaking]).toEqual(["cam_2"]);
    expect(both.timeline.speech).toEqual([{ source: "cam_2", start: 1, end: null }]);
    expect([...withLine(both, line("source_back", 3, { source: "cam_1" })).lost]).toEqual([]);
  });

  it("knows which recordings were begun and not ended", () => {
    const two = view(
      line("record_start", 0, { source: "program", file: "program.mkv" }),
      line("record_start", 0, { source: "cam_1", file: "cam_1_iso.mkv" }),
      line("record_stop", 5, { source: "program", file: "program.mkv" }),
    );
    expect([...two.recording]).toEqual([["cam_1_iso.mkv", "cam_1"]]);
  });

  it("is not changed by lines it does not know", () => {
    const before = view();
    expect(withLine(before, line("later_invention", 4))).toBe(before);
  });
});
