import { describe, expect, test } from "vitest";
import { settingsOf } from "../core/director/patience";
import { choiceOf, rhythmOf, settingsFor, wishFor } from "./recut";

describe("another cut", () => {
  test("begins as the show is cut now", () => {
    expect(choiceOf(undefined)).toEqual({ patience: 5, isWide: true, mode: "full", lookAhead: 1 });
    expect(choiceOf({ ...settingsOf(8), mode: "causal", look_ahead: 0.6 })).toEqual({ patience: 8, isWide: true, mode: "causal", lookAhead: 0.6 });
    expect(choiceOf({ min_shot: 1.7 }).patience).toBeNaN();
  });

  test("knows patience also where wide shots are off", () => {
    const choice = choiceOf({ ...settingsOf(3), cross_talk: 0 });
    expect(choice).toMatchObject({ patience: 3, isWide: false });
    expect(settingsFor(choice, {})["cross_talk"]).toBe(0);
    expect(settingsFor({ ...choice, isWide: true }, { cross_talk: 0 })["cross_talk"]).toBe(settingsOf(3)["cross_talk"]);
  });

  test("leaves settings alone that it does not name", () => {
    const settings = settingsFor({ patience: 5, isWide: true, mode: "full", lookAhead: 1 }, { opening: 4, mode: "causal" });
    expect(settings["opening"]).toBe(4);
    expect(settings).not.toHaveProperty("mode");
  });

  test("looks ahead only when it is to", () => {
    const choice = { patience: 5, isWide: true, mode: "look-ahead" as const, lookAhead: 2 };
    expect(wishFor(choice, {}, { start: 5, duration: 9 })).toMatchObject({ mode: "look-ahead", start: 5, duration: 9, settings: { look_ahead: 2 } });
    expect(wishFor({ ...choice, mode: "causal" }, { look_ahead: 2 }, {}).settings["look_ahead"]).toBe(0);
  });

  test("says its rhythm", () => {
    expect(rhythmOf([{ t: 0 }, { t: 20_000 }, { t: 25_000 }], 60_000)).toEqual({ shots: 3, aMinute: 3, shortest: 5000 });
  });
});
