// What the texts of Engine.IO v4 and Socket.IO v5 say, over plain HTTP and WebSockets: the same
// behaviours that the protocols' conformance suites look at, and those at their edges.
// usage: node test-protocol.mjs SOCKETIO-ECHO      (TAP)
import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { test, finish, packages } from '../support/tap.mjs';
import { Echo } from './echo.mjs';

const { WebSocket } = packages()('ws');
const program = process.argv[2];
const quick = ['--ping-interval', '300', '--ping-timeout', '200', '--max-payload', '1000000',
  '--connect-timeout', '1000'];
const slow = ['--ping-interval', '60000', '--ping-timeout', '60000', '--max-payload', '100000'];

async function refused(answer, code, status = 400) {
  const response = await answer;
  assert.equal(response.status, status);
  assert.equal((await response.json()).code, code);
}

async function text(answer, wanted) {
  const response = await answer;
  assert.equal(response.status, 200);
  assert.equal(await response.text(), wanted);
}

// What the namespace greets with comes in one answer, or in two.
async function enterByPolling(echo, sid) {
  await text(echo.post(sid, '40'), 'ok');
  let came = await (await echo.poll(sid)).text();
  if (!came.includes('\x1e')) came += `\x1e${await (await echo.poll(sid)).text()}`;
  assert.match(came, /^40\{.*\}\x1e42\["auth",\{\}\]$/);
}

// A request whose head has gone out; resolves with its socket.
function heldPoll(echo, sid) {
  return new Promise((resolve) => {
    const request = http.get(echo.polling(sid), { agent: false });
    request.on('error', () => {});
    request.on('socket', (socket) => socket.on('connect', () => setImmediate(() => resolve(request))));
  });
}

/* ---- Engine.IO ---- */

async function handshake(echo) {
  await test('/engineio/the-handshake-says-what-the-client-has-to-know', async () => {
    const open = await echo.open();
    assert.deepEqual(Object.keys(open).sort(),
      ['maxPayload', 'pingInterval', 'pingTimeout', 'sid', 'upgrades']);
    assert.match(open.sid, /^[A-Za-z0-9_-]{20}$/);
    assert.deepEqual(open.upgrades, ['websocket']);
    assert.equal(open.maxPayload, 100000);
    const wire = echo.websocket(WebSocket);
    const first = await wire.next();
    assert.equal(first[0], '0');
    assert.deepEqual(JSON.parse(first.slice(1)).upgrades, []);
    wire.close();
    await echo.said();
  });
  await test('/engineio/other-versions-are-refused', async () => {
    for (const EIO of ['3', 'abc', '', '44']) {
      await refused(fetch(echo.at({ EIO, transport: 'polling' })), 5);
    }
    await refused(fetch(echo.at({ transport: 'polling' })), 5);
    const old = new WebSocket(echo.at({ EIO: '3', transport: 'websocket' }).replace('http', 'ws'));
    old.on('error', () => {});
    await new Promise((resolve) => old.on('close', resolve));
  });
  await test('/engineio/unknown-transports-sessions-and-methods-have-their-codes', async () => {
    await refused(fetch(echo.at({ EIO: '4' })), 0);
    await refused(fetch(echo.at({ EIO: '4', transport: 'abc' })), 0);
    await refused(echo.poll('nobody'), 1);
    await refused(fetch(echo.polling(), { method: 'POST' }), 2);
    await refused(fetch(echo.polling(), { method: 'PUT' }), 2);
    await refused(fetch(echo.at({ EIO: '4', transport: 'websocket' })), 3);
    const { sid } = await echo.open();
    await refused(fetch(echo.polling(sid), { method: 'DELETE' }), 3);
    const wire = echo.websocket(WebSocket, 'nobody');
    assert.equal(await wire.refused, 400);
  });
  await test('/engineio/beside-the-path-there-is-nothing', async () => {
    assert.equal((await fetch(`${echo.url}${echo.path}socket.io.js`)).status, 404);
    assert.equal((await fetch(`${echo.url}/`)).status, 404);
  });
}

async function messages(echo) {
  await test('/engineio/polling-carries-text-and-bytes', async () => {
    const { sid } = await echo.open();
    for (const body of ['4hello', '4test1\x1e4test2\x1e4test3', '4hello\x1ebAQIDBA==', '4€\x1e4']) {
      await text(echo.post(sid, body), 'ok');
      await text(echo.poll(sid), body);
    }
  });
  await test('/engineio/a-poll-waits-for-what-comes', async () => {
    const { sid } = await echo.open();
    const poll = echo.poll(sid);
    await text(echo.post(sid, '4late'), 'ok');
    await text(poll, '4late');
  });
  await test('/engineio/a-websocket-carries-text-and-bytes', async () => {
    const wire = echo.websocket(WebSocket);
    await wire.next();
    wire.send('4hello', Buffer.from([1, 2, 3, 4]), '4');
    await wire.expect('4hello', Buffer.from([1, 2, 3, 4]), '4');
    wire.close();
    await echo.said();
  });
  await test('/engineio/what-is-no-packet-closes-the-session', async () => {
    for (const body of ['abc', '', '4a\x1e', 'bA', '4\x1e9']) {
      const { sid } = await echo.open();
      assert.equal((await echo.post(sid, body)).status, 400);
      await refused(echo.poll(sid), 1);
      assert.equal(await echo.said(), 'closed parse error');
    }
    for (const frame of ['abc', '', '2', '5', '0']) {
      const wire = echo.websocket(WebSocket);
      await wire.next();
      wire.send(frame);
      await wire.closed;
      assert.equal(await echo.said(), 'closed parse error');
    }
  });
  await test('/engineio/a-second-poll-closes-the-session', async () => {
    const { sid } = await echo.open();
    const first = echo.poll(sid);
    const held = await heldPoll(echo, sid);
    await text(first, '1').catch(() => {});
    await refused(echo.poll(sid), 1);
    assert.equal(await echo.said(), 'closed parse error');
    held.destroy();
  });
  await test('/engineio/a-second-post-closes-the-session', async () => {
    const { sid } = await echo.open();
    const slowOne = net.connect(echo.port, '127.0.0.1');
    slowOne.on('error', () => {});
    slowOne.write(`POST ${echo.path}?EIO=4&transport=polling&sid=${sid} HTTP/1.1\r\n`
      + `Host: ${echo.host}\r\nContent-Length: 10\r\n\r\n4a`);
    let status = 200;
    while (status === 200) {
      const answer = await echo.post(sid, '4b');
      status = answer.status;
    }
    assert.equal(status, 400);
    slowOne.destroy();
    assert.equal(await echo.said(), 'closed parse error');
  });
  await test('/engineio/a-larger-payload-than-allowed-closes-the-session', async () => {
    const { sid } = await echo.open();
    const answer = await echo.post(sid, `4${'x'.repeat(100000)}`).catch(() => ({ status: 413 }));
    assert.equal(answer.status, 413);
    assert.equal(await echo.said(), 'closed parse error');
    await refused(echo.poll(sid), 1);
    const wire = echo.websocket(WebSocket);
    await wire.next();
    wire.send(`4${'x'.repeat(99999)}`);
    assert.equal((await wire.next()).length, 100000);
    wire.send(`4${'x'.repeat(100000)}`);
    assert.equal(await wire.closed, 1009);
    assert.equal(await echo.said(), 'closed parse error');
  });
}

async function closing(echo) {
  await test('/engineio/a-client-that-closes-gets-a-noop', async () => {
    const { sid } = await echo.open();
    const poll = echo.poll(sid);
    await heldPoll(echo, 'nobody');
    await text(echo.post(sid, '1'), 'ok');
    await text(poll, '6');
    await refused(echo.poll(sid), 1);
    assert.equal(await echo.said(), 'closed transport close');
    const wire = echo.websocket(WebSocket);
    await wire.next();
    wire.send('1');
    await wire.closed;
    assert.equal(await echo.said(), 'closed transport close');
  });
  await test('/engineio/a-poll-that-breaks-ends-the-session', async () => {
    const { sid } = await echo.open();
    const held = await heldPoll(echo, sid);
    held.destroy();
    assert.equal(await echo.said(), 'closed transport error');
    await refused(echo.poll(sid), 1);
  });
  await test('/engineio/a-websocket-that-breaks-ends-the-session', async () => {
    const wire = echo.websocket(WebSocket);
    await wire.next();
    wire.close();
    assert.equal(await echo.said(), 'closed transport error');
    const polite = echo.websocket(WebSocket);
    await polite.next();
    polite.socket.close();
    assert.equal(await echo.said(), 'closed transport close');
  });
}

async function upgrade(echo) {
  await test('/engineio/an-upgrade-loses-nothing', async () => {
    const { sid } = await echo.open();
    const poll = echo.poll(sid);
    const wire = echo.websocket(WebSocket, sid);
    await wire.opened;
    wire.send('2probe');
    await wire.expect('3probe');
    await text(poll, '6');
    await text(echo.poll(sid), '6');
    await text(echo.post(sid, '4between'), 'ok');
    wire.send('5', '4after');
    await wire.expect('4between', '4after');
    wire.close();
    await echo.said();
  });
  await test('/engineio/after-an-upgrade-polling-is-refused', async () => {
    const { sid } = await echo.open();
    const wire = echo.websocket(WebSocket, sid);
    await wire.opened;
    wire.send('2probe', '5', '4x');
    await wire.expect('3probe', '4x');
    await refused(echo.poll(sid), 3);
    await refused(echo.post(sid, '4y'), 3);
    const second = echo.websocket(WebSocket, sid);
    await second.closed;
    wire.send('4still');
    await wire.expect('4still');
    wire.close();
    await echo.said();
  });
  await test('/engineio/what-is-no-probe-costs-the-websocket-only', async () => {
    const { sid } = await echo.open();
    for (const frames of [['5'], ['2'], ['4x'], ['2probe', '2probe'], ['abc']]) {
      const wire = echo.websocket(WebSocket, sid);
      await wire.opened;
      wire.send(...frames);
      await wire.closed;
    }
    const waiting = echo.websocket(WebSocket, sid);
    await waiting.opened;
    const second = echo.websocket(WebSocket, sid);
    await second.closed;
    waiting.send('2probe', '5', '4x');
    await waiting.expect('3probe', '4x');
    waiting.close();
    await echo.said();
  });
}

async function heartbeat() {
  const echo = await Echo.start(program, '--engine-only', ...quick);
  await test('/engineio/pings-are-answered-or-the-session-ends', async () => {
    const { sid } = await echo.open();
    const wire = echo.websocket(WebSocket);
    await wire.next();
    const overWire = async () => {
      for (let i = 0; i < 3; i++) {
        await wire.expect('2');
        wire.send('3');
      }
    };
    const overPolling = async () => {
      for (let i = 0; i < 3; i++) {
        await text(echo.poll(sid), '2');
        await text(echo.post(sid, '3'), 'ok');
      }
    };
    await Promise.all([overWire(), overPolling()]);
    await wire.closed;
    assert.equal(await echo.said(), 'closed ping timeout');
    assert.equal(await echo.said(), 'closed ping timeout');
    await refused(echo.poll(sid), 1);
  });
  await echo.stop();
}

/* ---- pages ---- */

async function pages() {
  const origin = 'https://studio.example';
  const echo = await Echo.start(program, '--engine-only', '--origin', origin, '--credentials');
  const own = await Echo.start(program, '--engine-only');
  const raw = (server, headers, method = 'GET') => new Promise((resolve, reject) => {
    const request = http.request(server.polling(), { headers, method }, (response) => {
      response.resume();
      resolve(response);
    });
    request.on('error', reject);
    request.end();
  });
  await test('/s06/pages-that-are-not-allowed-are-refused', async () => {
    for (const other of ['https://evil.example', 'null', `${origin}.evil.example`, 'http://studio.example']) {
      assert.equal((await raw(echo, { Origin: other })).statusCode, 403);
      assert.equal((await raw(own, { Origin: other })).statusCode, 403);
      assert.equal((await raw(echo, { Origin: other }, 'OPTIONS')).statusCode, 403);
      assert.equal(await echo.websocket(WebSocket, '', { Origin: other }).refused, 403);
    }
    assert.equal((await raw(own, { Origin: `http://${own.host}` })).statusCode, 200);
    assert.equal((await raw(own, { Origin: `https://${own.host}` })).statusCode, 403);
    assert.equal((await raw(own, {})).statusCode, 200);
  });
  await test('/engineio/allowed-pages-may-read-the-reply', async () => {
    const { statusCode, headers } = await raw(echo, { Origin: origin });
    assert.equal(statusCode, 200);
    assert.equal(headers['access-control-allow-origin'], origin);
    assert.equal(headers['access-control-allow-credentials'], 'true');
    assert.equal(headers.vary, 'Origin');
    const asked = await raw(echo, {
      Origin: origin, 'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'authorization',
    }, 'OPTIONS');
    assert.equal(asked.statusCode, 204);
    assert.equal(asked.headers['access-control-allow-headers'], 'authorization');
    const none = await raw(echo, {});
    assert.equal(none.headers['access-control-allow-origin'], undefined);
    const wire = echo.websocket(WebSocket, '', { Origin: origin });
    assert.equal((await wire.next())[0], '0');
    wire.close();
  });
  await echo.stop();
  await own.stop();
}

/* ---- Socket.IO ---- */

async function entered(echo, connect = '40') {
  const wire = echo.websocket(WebSocket);
  await wire.next();
  wire.send(connect);
  assert.match(await wire.next(), /^40(\/custom,)?\{"sid":"[A-Za-z0-9_-]{20}"\}$/);
  return wire;
}

async function door(echo) {
  await test('/socketio/connecting-says-who-one-is', async () => {
    const cases = [
      ['40', '42["auth",{}]'],
      ['40{"token":"123"}', '42["auth",{"token":"123"}]'],
      ['40/custom,', '42/custom,["auth",{}]'],
      ['40/custom', '42/custom,["auth",{}]'],
      ['40/custom,{"token":"abc"}', '42/custom,["auth",{"token":"abc"}]'],
      ['40{"later":true}', '42["auth",{"later":true}]'],
    ];
    for (const [connect, auth] of cases) {
      const wire = await entered(echo, connect);
      await wire.expect(auth);
      wire.send('1');
      await wire.closed;
      await echo.said();
    }
  });
  await test('/socketio/who-is-refused-is-told-why', async () => {
    const wire = echo.websocket(WebSocket);
    await wire.next();
    wire.send('40/random', '40{"refuse":"not you"}');
    await wire.expect('44/random,{"message":"Invalid namespace"}',
      '44{"message":"not you","data":{"code":"refused"}}');
    wire.close();
  });
  await test('/socketio/a-session-that-connects-to-nothing-is-closed', async () => {
    const short = await Echo.start(program, '--ping-interval', '60000', '--ping-timeout', '1',
      '--connect-timeout', '50');
    const wire = short.websocket(WebSocket);
    await wire.closed;
    const { sid } = await short.open();
    await text(short.poll(sid), '1');
    await short.stop();
  });
}

async function packets(echo) {
  await test('/socketio/events-come-back-with-their-arguments', async () => {
    const wire = await entered(echo);
    await wire.next();
    const mark = '{"_placeholder":true,"num":';
    wire.send('42["message",1,"2",{"3":[true]}]', '42456["message-with-ack",1,"2",{"3":[false]}]');
    await wire.expect('42["message-back",1,"2",{"3":[true]}]', '43456[1,"2",{"3":[false]}]');
    wire.send(`452-["message",${mark}0},${mark}1}]`, Buffer.from([1, 2, 3]), Buffer.from([4, 5, 6]));
    await wire.expect(`452-["message-back",${mark}0},${mark}1}]`, Buffer.from([1, 2, 3]),
      Buffer.from([4, 5, 6]));
    wire.send(`451-789["message-with-ack",[${mark}0}]]`, Buffer.from([]));
    await wire.expect(`461-789[[${mark}0}]]`, Buffer.from([]));
    wire.close();
    await echo.said();
  });
  await test('/socketio/many-small-frames-all-arrive', async () => {
    const wire = await entered(echo);
    await wire.next();
    wire.send('451-["flood",100,{"_placeholder":true,"num":0}]', Buffer.from([]));
    for (let i = 0; i < 100; i++) {
      await wire.expect('451-["flood",100,{"_placeholder":true,"num":0}]', Buffer.from([]));
    }
    wire.close();
    await echo.said();
  });
  await test('/socketio/polling-carries-bytes-too', async () => {
    const { sid } = await echo.open();
    await enterByPolling(echo, sid);
    const packet = '451-["message",{"_placeholder":true,"num":0}]\x1ebAQID';
    await text(echo.post(sid, packet), 'ok');
    await text(echo.poll(sid), packet.replace('message', 'message-back'));
    await text(echo.post(sid, '1'), 'ok');
    assert.equal(await echo.said(), 'disconnect / transport close');
  });
  await test('/socketio/leaving-a-namespace-keeps-the-others', async () => {
    const wire = await entered(echo);
    await wire.next();
    wire.send('40/custom');
    await wire.next();
    await wire.expect('42/custom,["auth",{}]');
    wire.send('41/custom', '42["message","x"]', '41', '40');
    await wire.expect('42["message-back","x"]');
    assert.match(await wire.next(), /^40\{"sid"/);
    assert.equal(await echo.said(), 'disconnect /custom client namespace disconnect');
    assert.equal(await echo.said(), 'disconnect / client namespace disconnect');
    wire.close();
    assert.equal(await echo.said(), 'disconnect / transport error');
  });
  await test('/socketio/what-is-no-packet-closes-the-session', async () => {
    for (const frame of ['4abc', '42{}', '42[]', '42abc["message-with-ack",1]', '45["message"]', '43[]',
      '42["disconnect"]', '44{"message":"x"}', Buffer.from([1])]) {
      const wire = await entered(echo);
      wire.send(frame);
      await wire.closed;
      assert.equal(await echo.said(), 'disconnect / parse error');
    }
    const never = echo.websocket(WebSocket);
    await never.next();
    never.send('42["message"]');
    await never.closed;
  });
  await test('/socketio/a-closed-session-says-goodbye-over-polling', async () => {
    const { sid } = await echo.open();
    await enterByPolling(echo, sid);
    await text(echo.post(sid, '42["close"]'), 'ok');
    assert.equal(await echo.said(), 'disconnect / server namespace disconnect');
    await text(echo.poll(sid), '41');
    await text(echo.poll(sid), '1');
    await refused(echo.poll(sid), 1);
    const other = (await echo.open()).sid;
    await text(echo.post(other, '40'), 'ok');
    await text(echo.post(other, '42["close"]'), 'ok');
    await text(echo.post(other, '42["message"]\x1e1'), 'ok');
    await refused(echo.poll(other), 1);
    assert.equal(await echo.said(), 'disconnect / server namespace disconnect');
  });
}

async function closedOnTheWay(echo) {
  await test('/socketio/who-is-put-out-during-an-upgrade-is-told-after-it', async () => {
    const { sid } = await echo.open();
    await enterByPolling(echo, sid);
    const wire = echo.websocket(WebSocket, sid);
    await wire.opened;
    wire.send('2probe');
    await wire.expect('3probe');
    await text(echo.post(sid, '42["close"]'), 'ok');
    wire.send('5');
    await wire.expect('41');
    await wire.closed;
    assert.equal(await echo.said(), 'disconnect / server namespace disconnect');
  });
}

const engine = await Echo.start(program, '--engine-only', ...slow);
await handshake(engine);
await messages(engine);
await closing(engine);
await upgrade(engine);
await engine.stop();
await heartbeat();
await pages();
const socketio = await Echo.start(program, ...slow);
await door(socketio);
await packets(socketio);
await closedOnTheWay(socketio);
await socketio.stop();
finish();
