import { describe, expect, test } from "vitest";
import { Mixer } from "./mix";

const ones = () => new Float32Array(1536).fill(1);
const mic = (source: string, ...channels: Float32Array[]) => ({ source, channels });

describe("the program's sound", () => {
  test("is every microphone alike before anybody says how", () => {
    const [left, right] = new Mixer().mix([mic("a", ones()), mic("b", ones())], 1536);
    expect(left[100]).toBeCloseTo(1);
    expect(right[1535]).toBeCloseTo(1);
  });

  test("is each microphone by its share", () => {
    const mixer = new Mixer();
    mixer.setWeights(new Map([["a", 0.75], ["b", 0.25]]));
    const [left] = mixer.mix([mic("a", ones()), mic("b", ones().fill(-1))], 1536);
    expect(left[700]).toBeCloseTo(0.5);
  });

  test("goes from one share to the next without a step", () => {
    const mixer = new Mixer();
    mixer.setWeights(new Map([["a", 1]]));
    mixer.mix([mic("a", ones())], 1536);
    mixer.setWeights(new Map([["a", 0]]));
    const sound = [0, 1, 2, 3].flatMap(() => [...mixer.mix([mic("a", ones())], 1536)[0]]);
    const steps = sound.slice(1).map((value, i) => Math.abs(value - sound[i]!));
    expect(Math.max(...steps)).toBeLessThan(0.001);
    expect(sound[sound.length - 1]).toBeCloseTo(0);
  });

  test("keeps the sides of a stereo source", () => {
    const mixer = new Mixer();
    mixer.setWeights(new Map([["a", 1]]));
    const [left, right] = mixer.mix([mic("a", ones(), ones().fill(0.5))], 1536);
    expect([left[0], right[0]]).toEqual([1, 0.5]);
  });

  test("is silence without microphones, and of those without a share", () => {
    const mixer = new Mixer();
    expect(Math.max(...mixer.mix([], 1536)[0])).toBe(0);
    mixer.setWeights(new Map());
    expect(Math.max(...mixer.mix([mic("a", ones())], 1536)[0])).toBe(0);
  });

  test("takes no share beyond all of it", () => {
    const mixer = new Mixer();
    mixer.setWeights(new Map([["a", 7]]));
    expect(mixer.mix([mic("a", ones())], 1536)[0][5]).toBe(1);
  });
});
