import { describe, expect, test } from "vitest";
import { ClockMap, SessionClock, SOUND_CLOCK } from "./clock-map";

describe("the clock of a device", () => {
  test("is read from the frames that came soonest", () => {
    const map = new ClockMap();
    const late = [30, 4, 55, 12, 3, 80, 21];
    for (let i = 0; i < 300; i++) map.feed(i * 33, 1000 + i * 33 + late[i % late.length]!);
    expect(Math.abs(map.map(9000)! - 10003)).toBeLessThan(2);
  });

  test("says nothing before the first frame", () => {
    expect(new ClockMap().map(5)).toBeNull();
  });

  test("is followed while it drifts, for hours", () => {
    const map = new ClockMap();
    for (let t = 0; t < 3 * 3600_000; t += 100) map.feed(t * 1.0001, t + (t % 700) / 50);
    const t = 3 * 3600_000;
    expect(Math.abs(map.map(t * 1.0001)! - t)).toBeLessThan(3);
  });

  test("never runs backwards while it is followed", () => {
    const map = new ClockMap();
    let last = -Infinity;
    for (let i = 0; i < 3000; i++) {
      map.feed(i * 33, i * 33 + 5 + ((i * 7919) % 25));
      const now = map.map(i * 33)!;
      expect(now).toBeGreaterThan(last);
      last = now;
    }
  });

  test("that loses time is followed at once", () => {
    const map = new ClockMap(SOUND_CLOCK);
    let lost = 0;
    for (let i = 0; i < 600; i++) {
      if (i % 10 === 9) lost += 15; /* half a second in ten */
      map.feed(i * 32, i * 32 + lost + (i % 3));
      if (i > 60) expect(Math.abs(map.map(i * 32)! - (i * 32 + lost))).toBeLessThan(45);
    }
  });

  /* Sent in time, read when the page runs again: what was sent while it stood still is all there. */
  test("is never ahead, however long the page or the device stands still", () => {
    for (const kind of [SOUND_CLOCK, undefined]) {
      const map = new ClockMap(kind);
      let now = 0;
      let lost = 0;
      for (let i = 0; i < 2000; i++) {
        if (i % 400 === 100) lost += 5000; /* the device stood still, and lost the time */
        const device = i * 32;
        const sent = device + lost + (i % 5);
        const isStall = i % 400 >= 250 && i % 400 < 380; /* four seconds of messages that wait */
        now = Math.max(now, isStall ? (i - (i % 400) + 380) * 32 + lost : sent);
        map.feed(device, sent + ((i * 7919) % 40));
        expect(map.map(device)!).toBeLessThanOrEqual(sent + ((i * 7919) % 40) + 30);
        expect(map.map(device)!).toBeLessThanOrEqual(now + 70);
      }
    }
  });

  test("begins anew when the device does", () => {
    const map = new ClockMap();
    for (let i = 0; i < 100; i++) map.feed(i * 33, i * 33 + 5);
    map.feed(0, 4000);
    expect(map.map(0)).toBe(4000);
  });
});

describe("the session clock of recordings", () => {
  test("is what the studio says at first", () => {
    const clock = new SessionClock();
    clock.set(5000, 20000);
    expect(clock.session(20100)).toBe(5100);
  });

  test("follows corrections without a jump", () => {
    const clock = new SessionClock();
    clock.set(0, 1000);
    clock.set(1020, 2000); /* 20 ms ahead of what was thought */
    expect(clock.session(2000)).toBeCloseTo(1000, 5);
    expect(clock.session(12000)).toBeCloseTo(11010, 5);
    expect(clock.session(62000)).toBeCloseTo(61020, 5);
  });

  test("never runs backwards", () => {
    const clock = new SessionClock();
    clock.set(0, 0);
    let last = -1;
    for (let at = 0; at < 60000; at += 33) {
      if (at % 250 < 33) clock.set(at - (at > 30000 ? 40 : 0), at);
      expect(clock.session(at)).toBeGreaterThan(last);
      last = clock.session(at);
    }
  });
});
