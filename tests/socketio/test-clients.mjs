// npm's socket.io-client, unchanged, over each of its transports.
// usage: node test-clients.mjs SOCKETIO-ECHO      (TAP)
import assert from 'node:assert/strict';
import { test, finish, packages } from '../support/tap.mjs';
import { Echo } from './echo.mjs';

const { io } = packages()('socket.io-client');
const program = process.argv[2];

const ways = {
  polling: { transports: ['polling'] },
  websocket: { transports: ['websocket'] },
  upgrade: {},
};

const once = (socket, event) => new Promise((resolve) => {
  socket.once(event, (...values) => resolve(values));
});

function open(echo, way, options = {}, space = '/') {
  return io(`${echo.url}${space}`, { forceNew: true, reconnectionDelay: 20, ...ways[way], ...options });
}

async function connect(echo, way, options, space) {
  const socket = open(echo, way, options, space);
  const auth = once(socket, 'auth');
  await once(socket, 'connect');
  socket.auth = (await auth)[0];
  return socket;
}

async function basics(echo, way) {
  await test(`/socketio/client/${way}/connects-with-its-auth`, async () => {
    const socket = await connect(echo, way, { auth: { token: 'x', n: [1, null, 'ä'] } });
    assert.deepEqual(socket.auth, { token: 'x', n: [1, null, 'ä'] });
    if (way === 'upgrade' && socket.io.engine.transport.name === 'polling') {
      await once(socket.io.engine, 'upgrade');
    }
    assert.equal(socket.io.engine.transport.name, way === 'polling' ? 'polling' : 'websocket');
    socket.disconnect();
  });
  await test(`/socketio/client/${way}/events-and-acks-carry-json-and-bytes`, async () => {
    const socket = await connect(echo, way);
    const values = [1, 'two', { three: [true, null, 4.5] }, Buffer.from([1, 2, 3])];
    const back = once(socket, 'message-back');
    socket.emit('message', ...values);
    assert.deepEqual(await back, values);
    const acked = await new Promise((resolve) => {
      socket.emit('message-with-ack', ...values, (...answer) => resolve(answer));
    });
    assert.deepEqual(acked, values);
    assert.deepEqual(await socket.timeout(20000).emitWithAck('message-with-ack', 'x'), 'x');
    socket.disconnect();
  });
  await test(`/socketio/client/${way}/answers-what-it-is-asked`, async () => {
    const socket = await connect(echo, way);
    socket.on('question', (value, bytes, answer) => answer(value + 1, bytes));
    const answered = once(socket, 'answered');
    socket.emit('ask', 41, Buffer.from('b'));
    assert.deepEqual(await answered, [42, Buffer.from('b')]);
    socket.disconnect();
  });
  await test(`/socketio/client/${way}/order-is-kept`, async () => {
    const socket = await connect(echo, way);
    const seen = [];
    const all = new Promise((resolve) => {
      socket.on('message-back', (n) => seen.push(n) === 300 && resolve());
    });
    for (let n = 0; n < 300; n++) socket.emit('message', n, n % 7 ? 'x' : Buffer.alloc(n));
    await all;
    assert.deepEqual(seen, [...Array(300).keys()]);
    socket.disconnect();
  });
  await test(`/socketio/client/${way}/large-messages-pass-within-the-limit`, async () => {
    const socket = await connect(echo, way);
    const bytes = Buffer.alloc(600000, 7);
    const back = once(socket, 'message-back');
    socket.emit('message', bytes);
    assert.ok(bytes.equals((await back)[0]));
    socket.disconnect();
  });
  await test(`/socketio/client/${way}/rooms-reach-who-joined`, async () => {
    const [one, two, three] = await Promise.all([1, 2, 3].map(() => connect(echo, way)));
    await Promise.all([one, two].map((socket) => socket.emitWithAck('join', 'show')));
    const strays = [];
    one.on('room', (...values) => strays.push(values));
    three.on('room', (...values) => strays.push(values));
    const heard = once(two, 'room');
    await one.emitWithAck('to-others', 'show', Buffer.from('hi'));
    assert.deepEqual(await heard, ['show', Buffer.from('hi')]);
    await Promise.all([one, three].map((socket) => socket.emitWithAck('message-with-ack')));
    assert.deepEqual(strays, []);
    const both = Promise.all([once(one, 'room'), once(two, 'room')]);
    await three.emitWithAck('to-room', 'show');
    await both;
    for (const socket of [one, two, three]) socket.disconnect();
  });
}

async function ends(echo, way) {
  await test(`/socketio/client/${way}/namespaces-share-a-session`, async () => {
    const socket = await connect(echo, way, { forceNew: false });
    const custom = socket.io.socket('/custom'); // connects by itself: asked again, it would ask twice
    assert.deepEqual(await once(custom, 'auth'), [{}]);
    assert.notEqual(custom.id, socket.id);
    custom.disconnect();
    assert.equal(await socket.emitWithAck('message-with-ack', 1), 1);
    const none = socket.io.socket('/none');
    assert.equal((await once(none, 'connect_error'))[0].message, 'Invalid namespace');
    socket.disconnect();
  });
  await test(`/socketio/client/${way}/is-refused-with-message-and-data`, async () => {
    const socket = open(echo, way, { auth: { refuse: 'not you' } });
    const [error] = await once(socket, 'connect_error');
    assert.equal(error.message, 'not you');
    assert.deepEqual(error.data, { code: 'refused' });
    socket.auth = { later: true };
    socket.connect();
    await once(socket, 'connect');
    socket.disconnect();
  });
  await test(`/socketio/client/${way}/is-put-out-and-comes-back-when-it-wants`, async () => {
    const socket = await connect(echo, way);
    socket.emit('put-out');
    assert.equal((await once(socket, 'disconnect'))[0], 'io server disconnect');
    socket.connect();
    await once(socket, 'connect');
    socket.emit('close');
    assert.equal((await once(socket, 'disconnect'))[0], 'io server disconnect');
    socket.disconnect();
  });
  await test(`/socketio/client/${way}/comes-back-after-a-lost-connection`, async () => {
    const socket = await connect(echo, way);
    const first = socket.id;
    const back = new Promise((resolve) => socket.on('connect', resolve));
    socket.io.engine.close();
    socket.emit('message', 'kept meanwhile');
    await back;
    assert.deepEqual(await once(socket, 'message-back'), ['kept meanwhile']);
    assert.notEqual(socket.id, first);
    socket.disconnect();
  });
}

async function restart(way) {
  await test(`/socketio/client/${way}/comes-back-after-the-server-restarted`, async () => {
    const first = await Echo.start(program);
    const socket = await connect(first, way);
    const gone = once(socket, 'disconnect');
    await first.stop();
    await gone;
    const back = once(socket, 'connect');
    const second = await Echo.start(program, '--port', String(first.port));
    await back;
    assert.equal(await socket.emitWithAck('message-with-ack', 1), 1);
    socket.disconnect();
    await second.stop();
  });
}

async function heartbeat(way) {
  await test(`/socketio/client/${way}/lives-by-its-pongs`, async () => {
    const echo = await Echo.start(program, '--ping-interval', '50', '--ping-timeout', '20000');
    const socket = await connect(echo, way);
    let pings = 0;
    await new Promise((resolve) => socket.io.on('ping', () => ++pings === 5 && resolve()));
    assert.ok(socket.connected);
    socket.disconnect();
    await echo.stop();
  });
}

for (const way of Object.keys(ways)) {
  const echo = await Echo.start(program);
  await basics(echo, way);
  await ends(echo, way);
  await echo.stop();
  await restart(way);
  await heartbeat(way);
}
finish();
