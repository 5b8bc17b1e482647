/* director.wasm: the same code that decides on the server. What it exports is said in
 * src/director/wasm.c; its memory is handed out here and never taken back: a module for each run. */

export interface Exports {
  memory: WebAssembly.Memory;
  __heap_base: WebAssembly.Global;
  source_size(): number;
  source_set(sources: number, i: number, role: number, priority: number): void;
  settings_size(): number;
  settings_defaults(settings: number): void;
  settings_preset(settings: number, name: number): number;
  settings_ok(settings: number): number;
  setting_name(i: number): number;
  setting_set(settings: number, i: number, ms: number): void;
  setting_get(settings: number, i: number): number;
  event_size(): number;
  event_set(events: number, i: number, type: number, source: number, at: number, edge: number, hold: number): void;
  reason_name(reason: number): number;
  director_size(): number;
  director_init(memory: number, sources: number, n: number, settings: number, start: number): number;
  director_feed(director: number, event: number): void;
  director_advance(director: number, now: number): void;
  director_take(director: number, out: number): number;
  director_change_settings(director: number, settings: number): number;
  director_next_source(director: number): number;
  plan_size(n: number): number;
  plan_init(memory: number, sources: number, n: number, settings: number, events: number, count: number, start: number, end: number): number;
  plan_next(plan: number, out: number): number;
}

export interface RawDecision {
  t: number; /* content time from which the source is on screen */
  decided: number;
  source: number; /* −1: nothing can be shown */
  reason: string;
  lost: number;
  hold: number; /* ms */
}

/* What a director knows of a source. */
export interface Part {
  role: string;
  priority: number;
}

/* Seconds by name; a preset counts first. */
export type Settings = Record<string, number | string>;

const ROLES: Record<string, number> = { person: 1, wide: 2, screen: 3, mic: 4 };

export const isRole = (name: unknown): name is string => typeof name === "string" && name in ROLES;

export class DirectorModule {
  readonly x: Exports;
  private top: number;
  private readonly out: number;

  constructor(module: WebAssembly.Module) {
    this.x = new WebAssembly.Instance(module, {}).exports as unknown as Exports;
    this.top = this.x.__heap_base.value as number;
    this.out = this.alloc(48);
  }

  alloc(bytes: number): number {
    const at = (this.top + 15) & ~15;
    this.top = at + bytes;
    const missing = this.top - this.x.memory.buffer.byteLength;
    if (missing > 0) this.x.memory.grow(Math.ceil(missing / 65536));
    return at;
  }

  table(parts: readonly Part[]): number {
    const at = this.alloc(this.x.source_size() * parts.length);
    parts.forEach(({ role, priority }, i) => this.x.source_set(at, i, ROLES[role] ?? 1, priority));
    return at;
  }

  /* The next decision that `next` gives out, or null. */
  take(next: (from: number, out: number) => number, from: number): RawDecision | null {
    if (!next(from, this.out)) return null;
    const [t, decided, source, reason, lost, hold] = new Float64Array(this.x.memory.buffer, this.out, 6);
    return { t: t!, decided: decided!, source: source!, reason: this.text(this.x.reason_name(reason!)), lost: lost!, hold: hold! };
  }

  text(at: number): string {
    const bytes = new Uint8Array(this.x.memory.buffer);
    let end = at;
    while (bytes[end] !== 0) end++;
    return new TextDecoder().decode(bytes.subarray(at, end));
  }

  write(text: string): number {
    const bytes = new TextEncoder().encode(`${text}\0`);
    const at = this.alloc(bytes.length);
    new Uint8Array(this.x.memory.buffer).set(bytes, at);
    return at;
  }
}

/* Settings in the module's memory. */
export class DirectorSettings {
  readonly at: number;
  private readonly names: string[] = [];

  constructor(private readonly module: DirectorModule) {
    const { x } = module;
    this.at = module.alloc(x.settings_size());
    x.settings_defaults(this.at);
    for (let i = 0, name; (name = x.setting_name(i)) !== 0; i++) this.names.push(module.text(name));
  }

  ms(name: string): number {
    return this.module.x.setting_get(this.at, this.names.indexOf(name));
  }

  all(): Settings {
    return Object.fromEntries(this.names.map((name) => [name, this.ms(name) / 1000]));
  }

  isGood(): boolean {
    return this.module.x.settings_ok(this.at) !== 0;
  }

  /* Which of them it does not know; those are left out. */
  apply(settings: Settings): string[] {
    const { x } = this.module;
    const unknown: string[] = [];
    const { preset } = settings;
    if (typeof preset === "string" && !x.settings_preset(this.at, this.module.write(preset))) unknown.push("preset");
    for (const [name, seconds] of Object.entries(settings)) {
      const i = this.names.indexOf(name);
      if (i >= 0 && typeof seconds === "number") x.setting_set(this.at, i, Math.round(seconds * 1000));
      else if (name !== "preset") unknown.push(name);
    }
    return unknown;
  }
}
