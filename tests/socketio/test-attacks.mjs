// S6: what clients that mean harm may cost. Each is closed or refused, nothing of theirs is kept, and
// somebody else is served at once.
// usage: node test-attacks.mjs SOCKETIO-ECHO      (TAP)
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import net from 'node:net';
import { test, finish, packages } from '../support/tap.mjs';
import { Echo } from './echo.mjs';

const { WebSocket } = packages()('ws');
const program = process.argv[2];
const options = ['--ping-interval', '60000', '--ping-timeout', '60000', '--max-payload', '100000',
  '--max-queue', '1000000'];

async function entered(echo) {
  const wire = echo.websocket(WebSocket);
  await wire.next();
  wire.send('40');
  await wire.next();
  assert.equal(await wire.next(), '42["auth",{}]');
  return wire;
}

// Somebody else asks what is left of them all.
async function left(echo) {
  const wire = await entered(echo);
  wire.send('420["metrics"]');
  const [counts] = JSON.parse((await wire.next()).slice(3));
  wire.close();
  while ((await echo.said()) !== 'disconnect / transport error');
  return counts;
}

async function nothingLeft(echo) {
  const counts = await left(echo);
  assert.deepEqual(counts, { sessions: 1, websocket: 1, sockets: 1, buffered: 0 });
}

// A WebSocket by hand, to send what no library sends.
async function raw(echo) {
  const socket = net.connect(echo.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(`GET ${echo.path}?EIO=4&transport=websocket HTTP/1.1\r\nHost: ${echo.host}\r\n`
    + 'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n'
    + `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`);
  await new Promise((resolve) => socket.once('data', resolve));
  socket.ended = new Promise((resolve) => socket.once('close', resolve));
  return socket;
}

function frame(opcode, payload, { last = true, claims = payload.length } = {}) {
  const head = Buffer.alloc(14);
  head[0] = (last ? 0x80 : 0) | opcode;
  head[1] = 0x80 | 127;
  head.writeBigUInt64BE(BigInt(claims), 2);
  return Buffer.concat([head, payload]);
}

async function floods(echo) {
  await test('/s06/a-flood-of-packets-closes-its-session', async () => {
    const wire = await entered(echo);
    for (let i = 0; i < 30000; i++) wire.send('42["x"]');
    await wire.closed;
    assert.equal(await echo.said(), 'disconnect / parse error');
    await nothingLeft(echo);
  });
  await test('/s06/connecting-and-leaving-all-the-time-is-a-flood-too', async () => {
    const wire = await entered(echo);
    for (let i = 0; i < 15000; i++) wire.send('41', '40');
    await wire.closed;
    await nothingLeft(echo);
  });
  await test('/s06/a-payload-of-very-many-packets-closes-its-session', async () => {
    const { sid } = await echo.open();
    assert.equal((await echo.post(sid, '6\x1e'.repeat(49999) + '6')).status, 400);
    await nothingLeft(echo);
  });
  await test('/s06/deep-and-lying-packets-close-their-session', async () => {
    const texts = [`42["x",${'['.repeat(49000)}${']'.repeat(49000)}]`, `42["x",${'{"a":'.repeat(19000)}`,
      '4599999999999999999999-["x"]', '459-["x",{"_placeholder":true,"num":-1}]',
      `42${'9'.repeat(90000)}["x"]`, `42/${'a'.repeat(90000)},["x"]`, `42["${'a'.repeat(90000)}"]`];
    for (const frameText of texts) {
      const wire = await entered(echo);
      wire.send(frameText);
      await wire.closed;
      assert.equal(await echo.said(), 'disconnect / parse error');
    }
    await nothingLeft(echo);
  });
}

async function frames(echo) {
  await test('/s06/a-frame-that-claims-too-much-is-not-waited-for', async () => {
    for (const claims of [100001, 2 ** 40, 2 ** 52]) {
      const socket = await raw(echo);
      socket.write(frame(1, Buffer.from('4'), { claims }));
      await socket.ended;
    }
    await nothingLeft(echo);
  });
  await test('/s06/an-endless-message-ends-at-the-limit', async () => {
    const socket = await raw(echo);
    const part = Buffer.alloc(1000, 'x');
    socket.write(frame(1, part, { last: false }));
    let isOpen = true;
    socket.ended.then(() => { isOpen = false; });
    for (let i = 0; i < 1000 && isOpen; i++) {
      await new Promise((resolve) => socket.write(frame(0, part, { last: false }), resolve));
    }
    await socket.ended;
    await nothingLeft(echo);
  });
}

async function readers(echo) {
  await test('/s06/a-reader-that-does-not-read-loses-its-session', async () => {
    const wire = await entered(echo);
    wire.socket._socket.pause();
    for (let i = 0; i < 400; i++) wire.send(`42["flood",100,"${'x'.repeat(1000)}"]`);
    assert.equal(await echo.said(), 'disconnect / transport error');
    wire.close();
    const { sid } = await echo.open();
    await echo.post(sid, '40');
    await echo.post(sid, `42["flood",900,"${'x'.repeat(5000)}"]`);
    assert.equal(await echo.said(), 'disconnect / transport error');
    await nothingLeft(echo);
  });
}

async function storms() {
  const echo = await Echo.start(program, ...options, '--max-sessions', '20');
  await test('/s06/a-storm-of-sessions-is-refused-and-passes', async () => {
    const answers = await Promise.all(Array.from({ length: 200 }, async () => {
      const answer = await fetch(echo.polling());
      return [answer.status, await answer.text()];
    }));
    const opened = answers.filter(([status]) => status === 200);
    assert.equal(opened.length, 20);
    assert.equal(answers.filter(([status]) => status === 429).length, 180);
    assert.equal(await echo.websocket(WebSocket).refused, 429);
    for (const [, body] of opened) {
      const { sid } = JSON.parse(body.slice(1));
      await echo.post(sid, '1');
      await echo.poll(sid); // the last one
    }
    await nothingLeft(echo);
  });
  await echo.stop();
}

async function silence() {
  const echo = await Echo.start(program, '--ping-interval', '100', '--ping-timeout', '100');
  await test('/s06/who-never-answers-a-ping-is-forgotten', async () => {
    await (await raw(echo)).ended;
    const { sid } = await echo.open();
    let answer = await echo.poll(sid);
    while (answer.status === 200) answer = await echo.poll(sid);
    assert.equal((await answer.json()).code, 1);
    const last = await echo.open();
    await echo.post(last.sid, '40');
    assert.equal(await echo.said(), 'disconnect / ping timeout');
  });
  await echo.stop();
}

const echo = await Echo.start(program, ...options);
await floods(echo);
await frames(echo);
await readers(echo);
await echo.stop();
await storms();
await silence();
finish();
