import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { DEFAULTS, PRESETS, presetOf, SETTINGS } from "./settings-table";

/* The director itself, as WASM: the table above must say what it says. */
interface Director {
  memory: WebAssembly.Memory;
  __heap_base: WebAssembly.Global;
  setting_name(i: number): number;
  settings_defaults(at: number): void;
  settings_preset(at: number, name: number): number;
  setting_get(at: number, i: number): number;
  setting_set(at: number, i: number, ms: number): void;
  settings_ok(at: number): number;
}

const build = process.env["CROSSCUT_BUILD"] ?? resolve(__dirname, "../../../build");
let director: Director;
let names: string[];
let at: number;

function text(address: number): string {
  const bytes = new Uint8Array(director.memory.buffer, address);
  return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
}

function isAllowed(i: number, ms: number): boolean {
  director.settings_defaults(at);
  director.setting_set(at, i, ms);
  return director.settings_ok(at) !== 0;
}

beforeAll(async () => {
  const wasm = readFileSync(resolve(build, "src/director/director.wasm"));
  const { instance } = await WebAssembly.instantiate(wasm, {});
  director = instance.exports as unknown as Director;
  at = Number(director.__heap_base.value);
  names = [];
  for (let i = 0; director.setting_name(i) !== 0; i++) names.push(text(director.setting_name(i)));
});

describe("the settings of the drawer", () => {
  test("are those of the director", () => {
    expect(SETTINGS.map((setting) => setting.name).sort()).toEqual([...names].sort());
  });

  test("have its defaults", () => {
    director.settings_defaults(at);
    for (const [i, name] of names.entries()) expect([name, DEFAULTS[name]]).toEqual([name, director.setting_get(at, i) / 1000]);
  });

  test("have its ranges", () => {
    for (const setting of SETTINGS) {
      const i = names.indexOf(setting.name);
      const [min, max] = [setting.min * 1000, setting.max * 1000];
      expect([setting.name, isAllowed(i, min), isAllowed(i, min - 1)]).toEqual([setting.name, true, false]);
      expect([setting.name, isAllowed(i, max), isAllowed(i, max + 1)]).toEqual([setting.name, true, false]);
    }
  });

  test("have its presets", () => {
    for (const preset of PRESETS) {
      const place = at + 1024;
      new Uint8Array(director.memory.buffer).set(new TextEncoder().encode(`${preset.name}\0`), place);
      expect(director.settings_preset(at, place)).not.toBe(0);
      for (const [i, name] of names.entries())
        expect([preset.name, name, preset.values[name] ?? DEFAULTS[name]]).toEqual([
          preset.name,
          name,
          director.setting_get(at, i) / 1000,
        ]);
    }
  });

  test("are recognised as a preset, the defaults or one's own", () => {
    expect(presetOf({})).toBe("standard");
    expect(presetOf({ ...DEFAULTS, ...PRESETS[0]?.values })).toBe("podcast");
    expect(presetOf({ min_shot: 9 })).toBe("own");
  });
});
