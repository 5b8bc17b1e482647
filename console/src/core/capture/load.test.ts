import { describe, expect, test } from "vitest";
import { Load, Missing, Pace } from "./load";

/* `dropped` of every hundred frames, for so many seconds. */
function run(load: Load, from: number, seconds: number, dropped: number): number {
  for (let i = 0; i < seconds * 30; i++) load.frame((i * 7) % 100 < dropped, from + (i * 1000) / 30);
  return from + seconds * 1000;
}

describe("under load", () => {
  test("nothing gives while frames are kept", () => {
    const load = new Load();
    run(load, 0, 60, 2);
    expect(load.effort()).toEqual({ bitrate: 1, rate: 1, text: null });
  });

  test("the bitrate gives first, then the rate", () => {
    const load = new Load();
    let now = run(load, 0, 4.1, 20);
    expect(load.effort()).toMatchObject({ bitrate: 0.5, rate: 1 });
    now = run(load, now, 4.1, 20);
    expect(load.effort().rate).toBeCloseTo(2 / 3);
    run(load, now, 60, 20);
    expect(load.effort().rate).toBe(0.5);
    expect(load.effort().text).toContain("busy");
  });

  test("what was chosen comes back after a calm while, and is tried less often each time", () => {
    const load = new Load();
    const calm: number[] = [];
    let now = 0;
    for (let round = 0; round < 3; round++) {
      while (load.effort().text === null) now = run(load, now, 0.1, 20);
      const from = now;
      while (load.effort().text !== null) now = run(load, now, 1, 0);
      calm.push(now - from);
    }
    expect(calm[0]).toBeGreaterThan(30_000);
    expect(calm[1]).toBeGreaterThan(1.5 * calm[0]!);
    expect(calm[2]).toBeGreaterThan(1.5 * calm[1]!);
  });
});

describe("frames on their way", () => {
  const count = (behind: number[]) => {
    const missing = new Missing();
    return behind.reduce((sum, each, i) => sum + missing.lost(1000 + 8 * i, 1000 + 8 * i - each), 0);
  };

  test("are not lost while they are only late", () => {
    expect(count([2, 0, 1, 5, 4, 2, 1, 0, 6, 5, 3, 2, 0, 1])).toBe(0);
  });

  test("are lost when they never come, and counted once", () => {
    expect(count([0, 1, 0, 2, 1, 0, 9, 8, 7, 7, 8, 7, 7, 9, 7, 7])).toBe(7);
  });

  test("that were missing before are not counted", () => {
    expect(count([40, 41, 40, 42, 40, 41, 40, 40, 41])).toBe(0);
  });
});

describe("a pace", () => {
  const taken = (pace: Pace, rate: number, seconds: number) =>
    Array.from({ length: rate * seconds }, (_, i) => (i * 1000) / rate + ((i * 7919) % 9)).filter((t) => pace.takes(t)).length;

  test("takes every frame of a camera that gives as many as are wanted", () => {
    expect(taken(new Pace(30), 30, 10)).toBe(300);
  });

  test("takes half of twice as many", () => {
    expect(Math.abs(taken(new Pace(30), 60, 10) - 300)).toBeLessThanOrEqual(2);
  });

  test("takes two of three when the rate stepped down", () => {
    expect(Math.abs(taken(new Pace(20), 30, 10) - 200)).toBeLessThanOrEqual(3);
  });

  test("takes all of a slow camera", () => {
    expect(taken(new Pace(30), 15, 10)).toBe(150);
  });
});
