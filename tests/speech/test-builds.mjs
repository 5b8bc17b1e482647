// Real speech through every build of the room: all frames, gains and edges must be the same bytes.
//
//   node test-builds.mjs REFERENCE-PROGRAM OTHER…     others: programs like it, or .wasm files
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const FRAME_SAMPLES = 1536;
const FRAME_MS = 32;
const data = join(process.env.CROSSCUT_SOURCE, 'bench', 'data', 'speech');
const seconds = { dev_close: '30', dev_silent_guest: '90', dev_table: '60' };

function skip(reason) {
  console.log(`1..0 # SKIP skipped: needs ${reason}`);
  process.exit(0);
}

function decode(folder, into) {
  const names = readdirSync(join(data, folder)).filter((name) => name.endsWith('.flac')).sort();
  return names.map((name) => {
    const raw = join(into, `${folder}-${name}.f32`);
    const sound = execFileSync('ffmpeg', ['-v', 'error', '-t', seconds[folder], '-i',
      join(data, folder, name), '-ac', '1', '-ar', '48000', '-f', 'f32le', 'pipe:1'],
    { maxBuffer: 1 << 28 });
    writeFileSync(raw, sound);
    return raw;
  });
}

function runProgram(program, files) {
  return execFileSync(program, files, { maxBuffer: 1 << 28 });
}

class Show {
  constructor(path, mics) {
    this.room = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(path)), {}).exports;
    this.mics = mics;
    this.parts = [];
    if (this.room.init(mics) !== 1) throw new Error(`${path}: init refused ${mics} mics`);
  }

  take(address, length) {
    const bytes = Buffer.from(this.room.memory.buffer, address, length);
    this.parts.push(Buffer.from(bytes));
    return this.parts.at(-1);
  }

  listen(sounds, at) {
    const row = [];
    for (let mic = 0; mic < this.mics; mic++) {
      const samples = sounds[mic].subarray(at * FRAME_SAMPLES, (at + 1) * FRAME_SAMPLES);
      new Float32Array(this.room.memory.buffer, this.room.input(mic), FRAME_SAMPLES).set(samples);
      this.room.listen(mic);
      row.push(this.take(this.room.frame(mic), 8));
    }
    this.room.gains_push();
    return row;
  }

  settle() {
    this.room.gains_get();
    for (let mic = 0; mic < this.mics; mic++) {
      const gain = this.room.gain_db(mic);
      const silent = this.room.silent(mic);
      this.room.set_mic(mic, gain, 0, silent);
      this.parts.push(Buffer.from(Float32Array.of(gain, silent).buffer));
    }
    this.parts.push(Buffer.from(Float32Array.of(this.room.isolation_db()).buffer));
  }

  share(row, tMs) {
    row.forEach((frame, mic) => {
      Buffer.from(this.room.memory.buffer, this.room.frame(mic), 8).set(frame);
    });
    this.take(this.room.edges(), 24 * this.room.share_push(tMs));
  }

  finish(tMs) {
    this.take(this.room.edges(), 24 * this.room.share_finish(tMs));
    return Buffer.concat(this.parts);
  }
}

function runModule(path, files) {
  const sounds = files.map((file) => {
    const bytes = readFileSync(file);
    return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  });
  const frames = Math.floor(Math.min(...sounds.map((sound) => sound.length)) / FRAME_SAMPLES);
  const show = new Show(path, files.length);
  const rows = [];
  for (let at = 0; at < frames; at++) rows.push(show.listen(sounds, at));
  show.settle();
  rows.forEach((row, at) => show.share(row, (at + 1) * FRAME_MS));
  return show.finish(frames * FRAME_MS);
}

const [reference, ...others] = process.argv.slice(2);
if (spawnSync('ffmpeg', ['-version']).error) skip('ffmpeg (make test-deps)');
const cpu = existsSync('/proc/cpuinfo') ? readFileSync('/proc/cpuinfo', 'latin1') : '';
const folder = mkdtempSync(join(tmpdir(), 'crosscut-builds-'));
let number = 0;
let failed = false;
console.log(`1..${others.length * Object.keys(seconds).length}`);
try {
  for (const name of Object.keys(seconds)) {
    const files = decode(name, folder);
    const expected = runProgram(reference, files);
    for (const other of others) {
      number++;
      const title = `${basename(other)} as ${basename(reference)} on ${name}`;
      if (other.endsWith('avx2') && !cpu.includes(' avx2')) {
        console.log(`ok ${number} ${title} # SKIP skipped: needs AVX2`);
        continue;
      }
      const found = other.endsWith('.wasm') ? runModule(other, files) : runProgram(other, files);
      const same = expected.length > 1000 && expected.equals(found);
      failed ||= !same;
      console.log(`${same ? 'ok' : 'not ok'} ${number} ${title}: ${expected.length} bytes`);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
process.exitCode = failed ? 1 : 0;
