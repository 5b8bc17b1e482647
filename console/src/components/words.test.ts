import { describe, expect, test } from "vitest";
import { clockOf, isolationWords, lengthOf, levelWords, patienceWord, roomWords, safeUntilOf, sizeOf, timeOf } from "./words";

describe("words", () => {
  test("for times", () => {
    expect([clockOf(1_457_000), clockOf(-1), timeOf(1_457_900), timeOf(3_723_000)]).toEqual(["00:24:17", "00:00:00", "24:17", "1:02:03"]);
  });

  test("for what is safe: finished parts do not hold it back", () => {
    const file = (state: "done" | "recording", safeUntil: number) =>
      ({ name: "", source: null, bytes: 1, sentBytes: 1, keptUntil: 9000, safeUntil, state, trouble: null });
    expect(safeUntilOf([file("done", 1000), file("recording", 8000), file("recording", 7000)])).toBe(7000);
    expect([safeUntilOf([file("done", 1000), file("done", 6000)]), safeUntilOf([])]).toEqual([6000, 0]);
  });

  test("for lengths", () => {
    expect([lengthOf(4200), lengthOf(24 * 60e3), lengthOf(65 * 60e3), lengthOf(19 * 3600e3)]).toEqual(["4 s", "24 min", "1 h 5 min", "19 h"]);
  });

  test("for sizes", () => {
    expect([sizeOf(0), sizeOf(910), sizeOf(18_400), sizeOf(612e6), sizeOf(2.13e9)]).toEqual(["0 bytes", "910 bytes", "18 KB", "612 MB", "2.1 GB"]);
  });

  test("for patience, from end to end", () => {
    expect([0, 3, 5, 7, 10, NaN].map(patienceWord)).toEqual(["restless", "lively", "balanced", "calm", "very calm", "your own"]);
  });

  test("for how well a microphone is alone", () => {
    expect(isolationWords(null)).toBeNull();
    expect(isolationWords(3)).toMatchObject({ good: false, text: expect.stringContaining("nearly as loud") });
    expect(isolationWords(-8)).toMatchObject({ good: false, text: expect.stringContaining("Somebody else is louder") });
    expect(isolationWords(6)?.text).toContain("enough");
    expect(isolationWords(12)?.text).toContain("good");
  });

  test("for the level of a voice", () => {
    expect([-70, -30, -3].map((db) => levelWords(db).split(":")[0])).toEqual(["The voice is very quiet", "The voice has a good level.", "The voice is very loud"]);
  });

  test("for room, only as far as it is known", () => {
    expect(roomWords({ browserFreeBytes: null, serverFreeBytes: null, secondsLeft: null })).toBe("");
    expect(roomWords({ browserFreeBytes: null, serverFreeBytes: 61e9, secondsLeft: 7200 })).toBe("61 GB free on the server · room for 2 h");
  });
});
