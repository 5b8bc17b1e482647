import { describe, expect, test } from "vitest";
import { Program, type Chunk } from "./program";

const STEP = 1000 / 30;

interface Given {
  source: string;
  t: number;
  isKey: boolean;
}

/* Cameras at 30 frames a second, each with its own phase and its own delay through the encoder, that
 * answer when a keyframe is asked for. */
class Studio {
  given: Given[] = [];
  cuts: { source: string; t: number; decision: string | null }[] = [];
  asked: string[] = [];
  now = 0;
  private cameras = new Map<string, { phase: number; delay: number; key: boolean; next: number; isOn: boolean }>();
  private underWay: { at: number; source: string; chunk: Chunk }[] = [];
  readonly made = new Map<string, number[]>();
  program: Program;

  constructor(first: string, lookAhead: number, private keyEvery = 2000) {
    this.program = new Program(first, lookAhead, {
      chunk: (source, { t, isKey }) => this.given.push({ source, t, isKey }),
      cut: (cut) => this.cuts.push(cut),
      askKeyframe: (source) => {
        this.asked.push(source);
        this.cameras.get(source)!.key = true;
      },
    });
  }

  camera(source: string, phase: number, delay: number): this {
    this.cameras.set(source, { phase, delay, key: true, next: this.now + phase, isOn: true });
    this.made.set(source, []);
    return this;
  }

  pull(source: string): void {
    this.cameras.get(source)!.isOn = false;
  }

  back(source: string): void {
    const camera = this.cameras.get(source)!;
    Object.assign(camera, { isOn: true, key: true, next: this.now + camera.phase });
  }

  run(until: number): this {
    for (; this.now < until; this.now++) this.millisecond();
    return this;
  }

  end(): this {
    this.run(this.now + 500);
    this.program.end();
    return this;
  }

  private millisecond(): void {
    for (const [source, camera] of this.cameras) {
      if (this.now < camera.next || !camera.isOn) continue;
      const t = camera.next;
      const isKey = camera.key || Math.floor(t / this.keyEvery) !== Math.floor((t - STEP) / this.keyEvery);
      camera.key = false;
      camera.next += STEP;
      this.made.get(source)!.push(t);
      this.underWay.push({ at: this.now + camera.delay, source, chunk: chunk(t, isKey) });
    }
    const here = this.underWay.filter((each) => each.at <= this.now);
    this.underWay = this.underWay.filter((each) => each.at > this.now);
    for (const { source, chunk: c } of here) this.program.feed(source, c, this.now);
    if (this.now % 100 === 0) this.program.advance(this.now);
  }
}

function chunk(t: number, isKey: boolean): Chunk {
  return { t, isKey, data: new Uint8Array(1), description: new Uint8Array() };
}

function shots(given: Given[]): { source: string; chunks: Given[] }[] {
  const all: { source: string; chunks: Given[] }[] = [];
  for (const each of given) {
    if (all[all.length - 1]?.source !== each.source) all.push({ source: each.source, chunks: [] });
    all[all.length - 1]!.chunks.push(each);
  }
  return all;
}

/* What holds of every program. */
function expectWhole(studio: Studio): void {
  const times = studio.given.map((each) => each.t);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(new Set(times).size).toBe(times.length);
  for (const { source, chunks } of shots(studio.given)) {
    expect(chunks[0]!.isKey).toBe(true);
    const [first, last] = [chunks[0]!.t, chunks[chunks.length - 1]!.t];
    const made = studio.made.get(source)!.filter((t) => t >= first && t <= last);
    expect(chunks.map((each) => each.t)).toEqual(made);
  }
}

function gaps(given: Given[]): number {
  return Math.max(...given.slice(1).map((each, i) => each.t - given[i]!.t));
}

function three(lookAhead: number, keyEvery?: number): Studio {
  return new Studio("a", lookAhead, keyEvery).camera("a", 0, 40).camera("b", 13, 15).camera("c", 27, 90);
}

describe("a program without look-ahead", () => {
  test("begins with the first keyframe of the source it was given", () => {
    const studio = three(0).run(1000).end();
    expect(studio.given[0]).toEqual({ source: "a", t: 0, isKey: true });
    expect(studio.cuts).toEqual([]);
    expectWhole(studio);
  });

  test("goes over within a few frames, on a keyframe that was asked for", () => {
    const studio = three(0).run(1000);
    studio.program.cutTo("b", 0, "d1", 1000);
    studio.run(2000).end();
    expect(studio.asked).toEqual(["a", "b"]); /* the first shot asks too */
    expect(studio.cuts).toHaveLength(1);
    expect(studio.cuts[0]!.t - 1000).toBeLessThanOrEqual(STEP + 1);
    expect(shots(studio.given).map((shot) => shot.source)).toEqual(["a", "b"]);
    expectWhole(studio);
  });

  test("loses no frame between two cameras, however different their delays are", () => {
    const studio = three(0).run(500);
    const order = ["c", "b", "a"];
    for (let i = 0; i < 12; i++) {
      studio.program.cutTo(order[i % 3]!, 0, `d${i}`, studio.now);
      studio.run(studio.now + 700 + i * 7);
    }
    studio.end();
    expect(studio.cuts.map((cut) => cut.decision)).toEqual(Array.from({ length: 12 }, (_, i) => `d${i}`));
    expect(gaps(studio.given)).toBeLessThanOrEqual(STEP + 0.001);
    expectWhole(studio);
  });

  test("the cut names the time of the first frame that shows it", () => {
    const studio = three(0).run(500);
    studio.program.cutTo("c", 0, "x", 500);
    studio.run(1500).end();
    const first = studio.given.find((each) => each.source === "c")!;
    expect(studio.cuts).toEqual([{ source: "c", t: first.t, decision: "x" }]);
  });

  test("shows only the last of two wishes at one moment", () => {
    const studio = three(0).run(500);
    studio.program.cutTo("b", 0, "first", 500);
    studio.program.cutTo("c", 0, "second", 500);
    studio.run(1500).end();
    expect(studio.cuts.map((cut) => cut.decision)).toEqual(["second"]);
    expect(shots(studio.given).map((shot) => shot.source)).toEqual(["a", "c"]);
    expectWhole(studio);
  });

  test("waits for a moment that is still to come", () => {
    const studio = three(0).run(500);
    studio.program.cutTo("b", 900, "d", 500);
    studio.run(1500).end();
    expect(studio.cuts[0]!.t).toBeGreaterThanOrEqual(900);
    expect(studio.cuts[0]!.t).toBeLessThanOrEqual(900 + 2 * STEP);
    expectWhole(studio);
  });

  test("answers a cut to what is on air already at its next frame", () => {
    const studio = three(0).run(500);
    studio.program.cutTo("a", 0, "again", 500);
    studio.run(1000).end();
    expect(studio.cuts).toHaveLength(1);
    expect(shots(studio.given)).toHaveLength(1);
    expectWhole(studio);
  });
});

describe("a program with look-ahead", () => {
  test("is put together that much late", () => {
    const studio = three(1000, 1000).run(3000);
    const newest = studio.given[studio.given.length - 1]!.t;
    expect(newest).toBeLessThanOrEqual(2000);
    expect(newest).toBeGreaterThan(1900);
  });

  test("cuts in the past, to the first keyframe at or after the moment", () => {
    const studio = three(1000, 300).run(3000);
    studio.program.cutTo("b", 2250, "d", 3000);
    studio.run(4500).end();
    const made = studio.made.get("b")!;
    const key = made.find((t) => t >= 2250 && Math.floor(t / 300) !== Math.floor((t - STEP) / 300))!;
    expect(studio.cuts).toEqual([{ source: "b", t: key, decision: "d" }]);
    expectWhole(studio);
  });

  test("asks for a keyframe when there is none yet, and not otherwise", () => {
    const studio = three(1000, 5000).run(3000);
    studio.program.cutTo("b", 2500, "d", 3000);
    studio.run(5000).end();
    expect(studio.asked).toEqual(["a", "b"]); /* the first shot asks too */
    expect(studio.cuts[0]!.t).toBeGreaterThanOrEqual(3000);
    expect(studio.cuts[0]!.t).toBeLessThanOrEqual(3000 + 2 * STEP);
    expectWhole(studio);
  });

  test("shows several wishes in their order", () => {
    const studio = three(2000, 500).run(4000);
    studio.program.cutTo("b", 2600, "one", 4000);
    studio.program.cutTo("c", 3600, "two", 4000);
    studio.run(8000).end();
    expect(shots(studio.given).map((shot) => shot.source)).toEqual(["a", "b", "c"]);
    expect(studio.cuts.map((cut) => cut.decision)).toEqual(["one", "two"]);
    expect(gaps(studio.given)).toBeLessThanOrEqual(STEP + 0.001);
    expectWhole(studio);
  });

  test("a newer wish for an earlier moment takes the place of older ones", () => {
    const studio = three(2000, 500).run(4000);
    studio.program.cutTo("b", 3600, "one", 4000);
    studio.program.cutTo("c", 2600, "two", 4000);
    studio.run(8000).end();
    expect(studio.cuts.map((cut) => cut.decision)).toEqual(["two"]);
    expectWhole(studio);
  });

  test("gives out all that it holds when it ends", () => {
    const studio = three(1000).run(3000).end();
    const newest = studio.given[studio.given.length - 1]!.t;
    expect(newest).toBe(studio.made.get("a")!.filter((t) => t + 40 <= studio.now).pop());
  });
});

describe("a program whose cameras come and go", () => {
  test("goes on with another camera when the one on air is lost", () => {
    const studio = three(0).run(1000);
    studio.pull("a");
    studio.run(1800);
    studio.program.cutTo("b", 0, "away", 1800);
    studio.run(3000).end();
    expect(shots(studio.given).map((shot) => shot.source)).toEqual(["a", "b"]);
    expect(studio.given[studio.given.length - 1]!.t).toBeGreaterThan(2900);
    expectWhole(studio);
  });

  test("does not stand still for a camera that gives nothing", () => {
    const studio = three(0).run(1000);
    studio.pull("b");
    studio.run(1100);
    studio.program.cutTo("b", 0, "dead", 1100);
    studio.run(3000);
    expect(studio.given[studio.given.length - 1]!.t).toBeGreaterThan(2400);
    studio.program.cutTo("c", 0, "alive", 3000);
    studio.run(4000).end();
    expect(studio.cuts.map((cut) => cut.decision)).toEqual(["alive"]);
    expectWhole(studio);
  });

  test("begins with another camera when the first one never comes", () => {
    const studio = new Studio("missing", 0).camera("missing", 0, 10).camera("b", 5, 10);
    studio.pull("missing");
    studio.run(1000);
    studio.program.cutTo("b", 0, "d", 1000);
    studio.run(2000).end();
    expect(studio.given[0]!.source).toBe("b");
    expectWhole(studio);
  });

  test("shows a camera that came back from its first keyframe on", () => {
    const studio = three(0).run(1000);
    studio.pull("b");
    studio.program.forget("b");
    studio.run(2000);
    studio.back("b");
    studio.run(2500);
    studio.program.cutTo("b", 0, "back", 2500);
    studio.run(3500).end();
    expect(studio.cuts.map((cut) => cut.decision)).toEqual(["back"]);
    expectWhole(studio);
  });
});

test("programs of any wishes are whole", () => {
  let seed = 1;
  const random = (n: number) => (seed = (seed * 48271) % 2147483647) % n;
  for (let round = 0; round < 60; round++) {
    const lookAhead = [0, 0, 400, 1500][random(4)]!;
    const studio = three(lookAhead, 500 + random(1500)).run(300);
    for (let i = 0; i < 12; i++) {
      const t = random(3) === 0 ? 0 : Math.max(1, studio.now - lookAhead + random(900) - 300);
      studio.program.cutTo("abc"[random(3)]!, t, `${i}`, studio.now);
      studio.run(studio.now + random(600));
    }
    studio.end();
    expectWhole(studio);
    expect(gaps(studio.given)).toBeLessThanOrEqual(STEP + 0.001);
  }
});
