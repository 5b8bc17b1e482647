import { describe, expect, it } from "vitest";
import { isBuilt, wasm } from "../testing/desk";
import { FRAME_SAMPLES, SpeechRoom } from "./room";

const MICS = [{ source: "cam_1", gainDb: null, priorityDb: 0 }];

function frame(): Map<string, Float32Array> {
  return new Map([["cam_1", new Float32Array(FRAME_SAMPLES)]]);
}

describe.skipIf(!isBuilt)("the speech room", () => {
  it("says its times by the clock as it is, after the clock was put back", () => {
    const room = new SpeechRoom(wasm("speech"), MICS);
    const times: number[] = [];
    const said = room as unknown as { lastT: number; ahead: number };
    for (let i = 0; i < 60; i++) {
      const clock = i * 32 + (i < 30 ? 5000 : 0);
      room.push(clock, frame());
      times.push(said.lastT);
      expect(said.lastT - said.ahead).toBeLessThanOrEqual(clock + 1);
    }
    /* Within the room no time is lost or doubled: its rules count in it. */
    expect(times.slice(1).every((t, i) => t - times[i]! === 32)).toBe(true);
  });

  it("follows jitter without a word", () => {
    const room = new SpeechRoom(wasm("speech"), MICS);
    for (let i = 0; i < 40; i++) room.push(i * 32 + (i % 2) * 40, frame());
    expect((room as unknown as { ahead: number }).ahead).toBe(0);
  });
});
