import { describe, expect, it } from "vitest";
import { EMPTY, shares, WINDOW_MS, withCut, withShot, withSpeech, type KnownShot } from "./timeline";

const shot = (id: string, source: string, t: number): KnownShot => ({ id, source, t, reason: "speaks", text: "" });

describe("the timeline", () => {
  it("has shots in order, whatever the order in which they come", () => {
    let timeline = withShot(EMPTY, shot("a", "cam_1", 0));
    timeline = withShot(timeline, shot("c", "cam_1", 5000));
    timeline = withShot(timeline, shot("b", "cam_2", 3000));
    expect(timeline.shots.map(({ t }) => t)).toEqual([0, 3000, 5000]);
  });

  it("puts a shot where the producer's first frame is", () => {
    const timeline = withCut(withShot(EMPTY, shot("a", "cam_1", 1000)), "a", 1033);
    expect(timeline.shots.map(({ t }) => t)).toEqual([1033]);
    expect(withCut(timeline, "unknown", 9)).toBe(timeline);
  });

  it("has the later of two shots at one moment", () => {
    const timeline = withShot(withShot(EMPTY, shot("a", "cam_1", 1000)), shot("b", "cam_2", 1000));
    expect(timeline.shots.map(({ source }) => source)).toEqual(["cam_2"]);
  });

  it("forgets what is older than ten minutes, but not the shot on air then", () => {
    let timeline = EMPTY;
    for (let t = 0; t < 2 * WINDOW_MS; t += 60_000) timeline = withShot(timeline, shot(`s${t}`, "cam_1", t));
    const last = timeline.shots.at(-1)!.t;
    expect(timeline.shots[0]!.t).toBe(last - WINDOW_MS);
    expect(withSpeech(withSpeech(EMPTY, "cam_1", true, 0), "cam_1", false, 100).speech.length).toBe(1);
    const later = withSpeech(withSpeech(withSpeech(EMPTY, "cam_1", true, 0), "cam_1", false, 100), "cam_2", true, WINDOW_MS + 200);
    expect(later.speech.map(({ source }) => source)).toEqual(["cam_2"]);
  });

  it("shares out all speech so far, with what is being said", () => {
    let timeline = withSpeech(EMPTY, "cam_1", true, 0);
    timeline = withSpeech(timeline, "cam_1", false, 3000);
    timeline = withSpeech(timeline, "cam_2", true, 3000);
    expect(shares(timeline, 4000)).toEqual({ cam_1: 0.75, cam_2: 0.25 });
    expect(shares(EMPTY, 10)).toEqual({});
  });

  it("takes no second start and no stop without one", () => {
    const once = withSpeech(EMPTY, "cam_1", true, 10);
    expect(withSpeech(once, "cam_1", true, 20)).toBe(once);
    expect(withSpeech(EMPTY, "cam_1", false, 20)).toBe(EMPTY);
  });
});
