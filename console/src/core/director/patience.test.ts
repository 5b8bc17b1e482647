import { describe, expect, it } from "vitest";
import { isBuilt, wasm } from "../testing/desk";
import { DEFAULTS, patienceOf, settingsOf } from "./patience";
import { DirectorRoom } from "./room";

describe("patience", () => {
  it("is 5 for the director's own defaults", () => {
    expect(patienceOf(DEFAULTS)).toBe(5);
    expect(patienceOf({})).toBe(5);
    for (const [name, seconds] of Object.entries(settingsOf(5))) expect(seconds).toBe(DEFAULTS[name]);
  });

  it("is read back from the settings it gives", () => {
    for (let patience = 0; patience <= 10; patience += 0.5) expect(patienceOf({ ...DEFAULTS, ...settingsOf(patience) })).toBe(patience);
  });

  it("makes every time it moves longer with each step", () => {
    for (let patience = 1; patience <= 10; patience++)
      for (const [name, seconds] of Object.entries(settingsOf(patience)))
        expect(seconds).toBeGreaterThan(settingsOf(patience - 1)[name]!);
    expect(settingsOf(0)["min_shot"]).toBe(0.38);
    expect(settingsOf(10)["min_shot"]).toBe(6);
  });

  it("is none when a time was set by hand", () => {
    expect(patienceOf({ ...DEFAULTS, min_shot: 1.7 })).toBeNaN();
  });

  it.skipIf(!isBuilt)("has the defaults of the director itself, and stays in its ranges", () => {
    const x = new WebAssembly.Instance(wasm("director"), {}).exports as Record<string, unknown> as {
      memory: WebAssembly.Memory;
      __heap_base: WebAssembly.Global;
      settings_defaults(at: number): void;
      settings_ok(at: number): number;
      setting_name(i: number): number;
      setting_get(at: number, i: number): number;
      setting_set(at: number, i: number, ms: number): void;
    };
    const at = (x.__heap_base.value as number + 15) & ~15;
    x.memory.grow(1);
    x.settings_defaults(at);
    const names: string[] = [];
    for (let i = 0, name; (name = x.setting_name(i)) !== 0; i++) {
      const bytes = new Uint8Array(x.memory.buffer, name);
      names.push(new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0))));
    }
    const own = Object.fromEntries(names.map((name, i) => [name, x.setting_get(at, i) / 1000]));
    expect(own).toEqual(DEFAULTS);
    for (const patience of [0, 10]) {
      for (const [name, seconds] of Object.entries(settingsOf(patience))) x.setting_set(at, names.indexOf(name), seconds * 1000);
      expect(x.settings_ok(at)).toBe(1);
    }
    expect(DirectorRoom).toBeTypeOf("function");
  });
});
