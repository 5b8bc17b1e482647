import { describe, expect, it } from "vitest";
import { Clock, clockSample } from "./clock";

describe("a clock sample", () => {
  it("gives the offset whatever the way there and back took together", () => {
    const sample = clockSample(1000, 5010, 5012, 1022);
    expect(sample.offset).toBe(4000);
    expect(sample.roundTrip).toBe(20);
    expect(sample.error).toBe(10.5);
  });

  it("errs by at most half the round trip when only one way is slow", () => {
    /* truth: session = local + 4000; 40 ms there, 0 back */
    const sample = clockSample(1000, 5040, 5040, 1040);
    expect(Math.abs(sample.offset - 4000)).toBeLessThanOrEqual(sample.error);
  });
});

/* A server whose clock runs `ppm` fast of ours, over a link with a jitter of its own. */
function world(offset: number, ppm = 0) {
  const state = { now: 10_000, offset, seed: 3 };
  const clock = new Clock(() => state.now);
  const truth = () => state.now * (1 + ppm / 1e6) + state.offset;
  const random = (below: number) => (state.seed = (state.seed * 16807) % 2147483647) % below;
  const ask = () => {
    const c1 = state.now;
    state.now += 2 + (random(3) === 0 ? random(200) : random(8));
    const s = Math.floor(truth());
    state.now += 2 + (random(3) === 0 ? random(200) : random(8));
    clock.add(clockSample(c1, s, s, state.now));
  };
  return { state, clock, truth, ask };
}

describe("the session clock", () => {
  it("is within its own error over a link with 200 ms of jitter", () => {
    const { state, clock, truth, ask } = world(123_456);
    clock.guess(1);
    for (let i = 0; i < 200; i++) {
      ask();
      state.now += 1000;
      if (i > 20) expect(Math.abs(clock.time() - truth())).toBeLessThanOrEqual(clock.error! + 0.5);
    }
    expect(clock.error!).toBeLessThan(10);
  });

  it("never goes back, and follows a clock that drifts 100 ppm over an hour", () => {
    const { state, clock, truth, ask } = world(-2_000, 100);
    let last = 0;
    for (let i = 0; i < 3600; i++) {
      ask();
      state.now += 1000;
      const time = clock.time();
      expect(time).toBeGreaterThanOrEqual(last);
      last = time;
    }
    expect(Math.abs(clock.time() - truth())).toBeLessThan(20);
    expect(clock.driftPpm).not.toBe(null);
    expect(clock.driftPpm!).toBeGreaterThan(-200);
    expect(clock.driftPpm!).toBeLessThan(0); /* this machine is the slow one */
  });

  it("takes over another clock at once when the server's is another", () => {
    const { state, clock, truth, ask } = world(0);
    for (let i = 0; i < 10; i++) ask();
    state.offset += 60_000;
    for (let i = 0; i < 10; i++) ask();
    expect(Math.abs(clock.time() - truth())).toBeLessThan(20);
  });

  it("is not ahead by more than a quarter of a second when all answers are slow", () => {
    const { state, clock, truth } = world(50_000);
    clock.guess(50_000);
    for (const [there, back] of [[6000, 10], [4500, 40], [5000, 0]] as const) {
      const c1 = state.now;
      state.now += there;
      const s = Math.floor(truth());
      state.now += back;
      clock.add(clockSample(c1, s, s, state.now));
      expect(clock.time()).toBeLessThanOrEqual(truth() + 251);
      expect(clock.time()).toBeGreaterThan(truth() - 6000);
    }
  });

  it("shows what the server said until it was measured", () => {
    const { state, clock } = world(0);
    expect(clock.time()).toBe(0);
    clock.guess(5000);
    state.now += 100;
    expect(clock.time()).toBe(5100);
  });
});
