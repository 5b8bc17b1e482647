import { describe, expect, it } from "vitest";
import { isBuilt, wasm } from "../testing/desk";
import { Desk, type FromWorker } from "../worker";
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

describe.skipIf(!isBuilt)("microphones in rooms of their own", () => {
  it("take nothing from the others' share, and keep all of their own", () => {
    const heard: Extract<FromWorker, { kind: "heard" }>[] = [];
    const desk = new Desk((message) => void (message.kind === "heard" && heard.push(message)));
    desk.take({ kind: "open", speech: wasm("speech"), director: wasm("director") });
    const mic = (source: string, isApart?: boolean) => ({ source, gainDb: null, priorityDb: 0, ...(isApart ? { isApart } : {}) });
    desk.take({ kind: "mics", mics: [mic("cam_1"), mic("cam_2"), mic("cam_3", true)] });
    const noise = (loud: number) => new Float32Array(FRAME_SAMPLES).map((_, i) => loud * Math.sin(i / 3) * Math.sin(i * i));
    for (let i = 0; i < 40; i++)
      desk.take({ kind: "sound", t: i * 32, isShow: false, mics: [{ source: "cam_1", samples: noise(0.05) }, { source: "cam_2", samples: noise(0.0005) }, { source: "cam_3", samples: noise(0.9) }] });
    const weights = Object.fromEntries(heard.at(-1)!.frames.map(({ source, weight }) => [source, weight]));
    expect(weights["cam_1"]).toBeGreaterThan(0.9);
    expect(weights["cam_2"]).toBeLessThan(0.2);
    expect(weights["cam_3"]).toBeCloseTo(1);
  });
});
