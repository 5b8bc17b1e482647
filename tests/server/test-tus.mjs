// npm's tus-js-client, unmodified, against the real server: whole uploads, of unknown length, cut off
// and taken up again, over a server that is killed, with its own retries.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { freePort } from '../support/ports.mjs';
import { finish, packages, test } from '../support/tap.mjs';

const tus = packages()('tus-js-client');
const TOKEN = 'tus-token-for-this-test-only';
const folder = mkdtempSync(join(tmpdir(), 'crosscut-tus-'));
const storage = join(folder, 'storage');
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const port = await freePort();
const address = `http://127.0.0.1:${port}`;
let server = null;

async function start() {
  const program = join(process.env.CROSSCUT_BUILD, 'crosscut');
  const options = ['--reserve', '1MiB', '--low-space', '1MiB'];
  server = spawn(program, ['serve', '--listen', `127.0.0.1:${port}`, '--auto-render', 'off', '--storage', storage, ...options], {
    cwd: folder, env: { ...process.env, CROSSCUT_ADMIN_TOKEN: TOKEN }, stdio: 'ignore',
  });
  for (let i = 0; i < 300; i++) {
    if (await fetch(`${address}/healthz`).then((answer) => answer.ok, () => false)) return;
    await sleep(100);
  }
  throw new Error('the server did not start');
}

async function kill() {
  const ended = new Promise((done) => server.once('exit', done));
  server.kill('SIGKILL');
  await ended;
}

async function startShow() {
  const answer = await fetch(`${address}/session/start`, {
    method: 'POST', body: JSON.stringify({ name: 'tus', sources: [{ id: 'cam_1' }, { id: 'cam_2' }] }),
    headers: { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/json' },
  });
  return answer.json();
}

// Bytes that begin as Matroska does.
function recording(length, seed) {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i += 32) createHash('sha256').update(`${seed} ${i}`).digest().copy(bytes, i);
  Buffer.from([0x1a, 0x45, 0xdf, 0xa3]).copy(bytes);
  return bytes;
}

// Resolves when the client says that it is through.
function upload(show, name, source, options = {}) {
  return new Promise((resolve, reject) => {
    const client = new tus.Upload(source, {
      endpoint: `${address}/upload`, retryDelays: [100, 300, 500, 1000, 1000, 1000, 2000],
      headers: { Authorization: `Bearer ${show.uploadToken}` },
      metadata: { sessionId: show.sessionId, name },
      onError: reject, onSuccess: () => resolve(client), ...options,
    });
    client.start();
    options.began?.(client);
  });
}

function stored(show, name) {
  return readFileSync(join(storage, 'sessions', show.sessionId, name));
}

function same(found, expected) {
  if (!found.equals(expected)) throw new Error(`${found.length} bytes arrived, not the ${expected.length} that were sent`);
}

await start();
const show = await startShow();

await test('/server/tus/js-client-sends-a-whole-file', async () => {
  const bytes = recording(3_000_000, 'whole');
  await upload(show, 'cam_1_iso.mkv', bytes);
  same(stored(show, 'cam_1_iso.mkv'), bytes);
});

await test('/server/tus/js-client-sends-in-chunks', async () => {
  const bytes = recording(1_000_001, 'chunks');
  await upload(show, 'cam_1_iso.2.mkv', bytes, { chunkSize: 100_000 });
  same(stored(show, 'cam_1_iso.2.mkv'), bytes);
});

await test('/server/tus/js-client-sends-what-has-no-length-yet', async () => {
  const bytes = recording(900_000, 'deferred');
  const pieces = [];
  for (let i = 0; i < bytes.length; i += 70_000) pieces.push(bytes.subarray(i, i + 70_000));
  await upload(show, 'program.mkv', Readable.from(pieces), { uploadLengthDeferred: true, chunkSize: 128 * 1024 });
  same(stored(show, 'program.mkv'), bytes);
});

await test('/server/tus/js-client-takes-up-what-it-broke-off', async () => {
  const bytes = recording(2_000_000, 'broken');
  let url;
  await new Promise((resolve, reject) => {
    const client = new tus.Upload(bytes, {
      endpoint: `${address}/upload`, chunkSize: 200_000,
      headers: { Authorization: `Bearer ${show.uploadToken}` },
      metadata: { sessionId: show.sessionId, name: 'cam_2_iso.mkv' },
      onError: reject, onChunkComplete: (_, sent) => {
        if (sent < 600_000) return;
        url = client.url;
        client.abort().then(resolve, reject);
      },
    });
    client.start();
  });
  await upload(show, 'cam_2_iso.mkv', bytes, { uploadUrl: url });
  same(stored(show, 'cam_2_iso.mkv'), bytes);
});

await test('/server/tus/js-client-goes-on-over-a-kill', async () => {
  const bytes = recording(4_000_000, 'killed');
  let killed = null;
  await upload(show, 'cam_2_iso.2.mkv', bytes, {
    chunkSize: 100_000,
    onChunkComplete: (_, sent) => {
      if (sent > 1_000_000) killed ??= kill().then(start);
    },
  });
  await killed;
  same(stored(show, 'cam_2_iso.2.mkv'), bytes);
}, 120000);

await test('/server/tus/js-client-ends-what-it-began', async () => {
  const bytes = recording(500_000, 'ended');
  const client = new tus.Upload(bytes, {
    endpoint: `${address}/upload`, chunkSize: 100_000, headers: { Authorization: `Bearer ${show.uploadToken}` },
    metadata: { sessionId: show.sessionId, name: 'cam_1_iso.3.mkv' },
  });
  await new Promise((resolve, reject) => {
    client.options.onError = reject;
    client.options.onChunkComplete = () => client.abort(true).then(resolve, reject);
    client.start();
  });
  const answer = await fetch(`${address}/upload/${show.sessionId}/cam_1_iso.3.mkv`, {
    method: 'HEAD', headers: { Authorization: `Bearer ${TOKEN}`, 'Tus-Resumable': '1.0.0' },
  });
  if (answer.status !== 404) throw new Error(`it is still there: ${answer.status}`);
});

await kill();
rmSync(folder, { recursive: true, force: true });
finish();
