// The WASM build decides as the native one, byte for byte: golden logs and random logs, all modes.
// usage: node test-wasm.mjs director.wasm director-script-native GOLDEN-FOLDER      (TAP)
import { readFileSync, readdirSync } from 'node:fs';
import { spawnSync } from 'node:child_process';

const [wasmPath, nativePath, goldenFolder] = process.argv.slice(2);
const module = new WebAssembly.Module(readFileSync(wasmPath));

const roles = { p: 1, w: 2, s: 3, m: 4 };
const types = ['unset', 'start', 'stop', 'manual', 'resume', 'lost', 'back', 'slide'];

// A fresh module for each script: memory is handed out and never taken back.
class Room {
  constructor() {
    const instance = new WebAssembly.Instance(module, {});
    this.x = instance.exports;
    this.top = this.x.__heap_base.value;
  }
  alloc(bytes) {
    const at = (this.top + 15) & ~15;
    this.top = at + bytes;
    const missing = this.top - this.x.memory.buffer.byteLength;
    if (missing > 0) this.x.memory.grow(Math.ceil(missing / 65536));
    return at;
  }
  text(at) {
    const bytes = new Uint8Array(this.x.memory.buffer);
    let end = at;
    while (bytes[end] !== 0) end++;
    return new TextDecoder().decode(bytes.subarray(at, end));
  }
  string(text) {
    const bytes = new TextEncoder().encode(text + '\0');
    const at = this.alloc(bytes.length);
    new Uint8Array(this.x.memory.buffer).set(bytes, at);
    return at;
  }
}

const number = (text) => (text === '-' ? NaN : Number(text));

function read(text) {
  const script = { sources: 'p', priorities: [], settings: [], full: false, end: 0, events: [] };
  for (const line of text.split('\n')) {
    const words = line.split(' ');
    if (line === '' || line.startsWith('#')) continue;
    if (words[0] === 'sources') script.sources = words[1];
    else if (words[0] === 'priority') script.priorities.push([+words[1], +words[2]]);
    else if (words[0] === 'preset' || words[0] === 'set') script.settings.push(words);
    else if (words[0] === 'mode') script.full = words[1] === 'full';
    else if (words[0] === 'end') script.end = +words[1];
    else script.events.push(words);
  }
  return script;
}

function setUp(room, script) {
  const { x } = room;
  const count = script.sources.length;
  const sources = room.alloc(x.source_size() * count);
  for (let i = 0; i < count; i++) {
    const priority = script.priorities.find(([source]) => source === i)?.[1] ?? 0;
    x.source_set(sources, i, roles[script.sources[i]], priority);
  }
  const settings = room.alloc(x.settings_size());
  x.settings_defaults(settings);
  const names = [];
  for (let i = 0, at; (at = x.setting_name(i)) !== 0; i++) names.push(room.text(at));
  for (const [what, name, ms] of script.settings) {
    if (what === 'preset') x.settings_preset(settings, room.string(name));
    else x.setting_set(settings, names.indexOf(name), +ms);
  }
  const events = room.alloc(x.event_size() * (script.events.length + 1));
  script.events.forEach(([at, what, source, last], i) => {
    const type = types.indexOf(what);
    const manual = what === 'manual';
    x.event_set(events, i, type, +source, +at, manual ? NaN : number(last), manual ? +last : 0);
  });
  const lookAhead = x.setting_get(settings, names.indexOf('look_ahead'));
  return { sources, count, settings, events, lookAhead };
}

function run(text) {
  const room = new Room();
  const { x } = room;
  const script = read(text);
  const { sources, count, settings, events, lookAhead } = setUp(room, script);
  const out = room.alloc(48);
  let lines = '';
  const takeAll = (take, object) => {
    while (take(object, out)) {
      const [t, decided, source, reason, lost, hold] = new Float64Array(x.memory.buffer, out, 6);
      lines += `${t} ${decided} ${source} ${room.text(x.reason_name(reason))} ${lost} ${hold}\n`;
    }
  };
  if (script.full) {
    const memory = room.alloc(x.plan_size(count));
    const plan = x.plan_init(memory, sources, count, settings, events, script.events.length, 0,
      script.end);
    takeAll(x.plan_next, plan);
    return lines;
  }
  const director = x.director_init(room.alloc(x.director_size()), sources, count, settings, 0);
  script.events.forEach(([at], i) => {
    if (+at > script.end + lookAhead) return;
    x.director_feed(director, events + i * x.event_size());
    takeAll(x.director_take, director);
  });
  x.director_advance(director, script.end + lookAhead);
  takeAll(x.director_take, director);
  return lines;
}

// A small generator, so that the logs are the same on every machine.
function randomOf(seed) {
  let state = seed >>> 0 || 1;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 4294967296) * below);
  };
}

function randomScript(seed) {
  const random = randomOf(seed);
  const casts = ['ppw', 'pppps', 'pmwps', 'pp', 'ppppwwmppppppps'];
  const presets = ['podcast', 'meeting', 'church', 'conference'];
  const sources = casts[random(casts.length)];
  const mode = seed % 3 === 0 ? 'full' : 'live';
  const lookAhead = mode === 'full' ? 0 : [0, 0, 500, 1000, 3000][random(5)];
  const end = 120000;
  const events = [];
  for (let i = 0; i < sources.length; i++) {
    for (let t = random(8000); t < end; ) {
      const to = t + 100 + random(7000);
      events.push([t + 93, 'start', i, random(2) ? t : '-'], [to + 395, 'stop', i, random(2) ? to : '-']);
      t = to + 500 + random(9000);
    }
  }
  for (let t = 5000; seed % 2 && t < end; t += 500 + random(12000)) {
    const what = ['manual', 'resume', 'lost', 'back', 'back', 'slide'][random(6)];
    events.push([t, what, random(sources.length), what === 'manual' ? random(9000) : '-']);
  }
  events.sort((a, b) => a[0] - b[0]);
  const head = [`sources ${sources}`, `priority 0 ${random(4)}`];
  if (random(2)) head.push(`preset ${presets[random(4)]}`);
  head.push(`set look_ahead ${lookAhead}`, `set min_shot ${400 + random(4000)}`);
  head.push(`mode ${mode}`, `end ${end}`);
  return [...head, ...events.map((event) => event.join(' '))].join('\n') + '\n';
}

function native(scripts) {
  const input = scripts.map((script) => script + 'run\n').join('');
  const result = spawnSync(nativePath, [], { input, maxBuffer: 1 << 28, encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`${nativePath}: ${result.stderr}`);
  return result.stdout.split('done\n').slice(0, -1);
}

let failures = 0;
let tests = 0;
function check(name, good, why = '') {
  tests++;
  if (!good) failures++;
  console.log(`${good ? 'ok' : 'not ok'} ${tests} ${name}${good ? '' : ` # ${why}`}`);
}

for (const file of readdirSync(goldenFolder).sort()) {
  if (!file.endsWith('.events')) continue;
  const text = readFileSync(`${goldenFolder}/${file}`, 'utf8');
  const expected = readFileSync(`${goldenFolder}/${file.replace('.events', '.decisions')}`, 'utf8');
  check(`/director/wasm/golden/${file}`, run(text) === expected, 'other decisions than the golden');
}

const scripts = Array.from({ length: 60 }, (_, i) => randomScript(i + 1));
const expected = native(scripts);
for (const mode of ['live', 'full']) {
  const wrong = [];
  let decisions = 0;
  scripts.forEach((script, i) => {
    if (!script.includes(`mode ${mode}`)) return;
    decisions += expected[i].split('\n').length - 1;
    if (run(script) !== expected[i]) wrong.push(i + 1);
  });
  check(`/director/wasm/random/${mode}`, wrong.length === 0 && decisions > 200,
    `seeds ${wrong.join(', ')} differ; ${decisions} decisions`);
}
console.log(`1..${tests}`);
process.exit(failures === 0 ? 0 : 1);
