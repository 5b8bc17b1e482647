// Starts socketio-echo and speaks to it as the protocols do, without a client library.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import assert from 'node:assert/strict';

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// A queue that can be waited at.
class Inbox {
  items = [];
  waiting = [];
  put(item) {
    const next = this.waiting.shift();
    if (next) next(item);
    else this.items.push(item);
  }
  take() {
    if (this.items.length) return Promise.resolve(this.items.shift());
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}

const children = new Set();
process.on('exit', () => children.forEach((child) => child.kill()));

export class Echo {
  static async start(program, ...options) {
    const echo = new Echo();
    echo.child = spawn(program, ['--port', '0', ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
    echo.ended = new Promise((resolve) => echo.child.on('exit', (code, signal) => resolve(signal ?? code)));
    children.add(echo.child);
    echo.lines = new Inbox();
    createInterface({ input: echo.child.stdout }).on('line', (line) => echo.lines.put(line));
    echo.port = Number(await echo.lines.take());
    echo.path = options.includes('--engine-only') ? '/engine.io/' : '/socket.io/';
    echo.host = `127.0.0.1:${echo.port}`;
    echo.url = `http://${echo.host}`;
    return echo;
  }
  // The sanitizers speak at the end.
  async stop() {
    this.child.kill('SIGTERM');
    assert.equal(await this.ended, 0, 'socketio-echo ends well');
  }
  // What it says: "disconnect / transport close".
  said() {
    return this.lines.take();
  }
  at(query) {
    return `${this.url}${this.path}?${new URLSearchParams(query)}`;
  }
  polling(sid, more = {}) {
    return this.at({ EIO: '4', transport: 'polling', ...(sid && { sid }), ...more });
  }
  async open() {
    const answer = await fetch(this.polling());
    assert.equal(answer.status, 200);
    return JSON.parse((await answer.text()).slice(1));
  }
  poll(sid, options) {
    return fetch(this.polling(sid), options);
  }
  post(sid, body) {
    return fetch(this.polling(sid), { method: 'POST', body });
  }
  websocket(WebSocket, sid, headers = {}) {
    const url = this.at({ EIO: '4', transport: 'websocket', ...(sid && { sid }) });
    return new Wire(new WebSocket(url.replace('http', 'ws'), { headers }));
  }
}

// A WebSocket whose messages are waited for; binary ones come as Buffers.
export class Wire {
  constructor(socket) {
    this.socket = socket;
    this.inbox = new Inbox();
    this.closed = new Promise((resolve) => socket.on('close', resolve));
    this.refused = new Promise((resolve) => {
      socket.on('unexpected-response', (_, response) => resolve(response.statusCode));
    });
    this.opened = new Promise((resolve) => socket.on('open', resolve));
    socket.on('error', () => {});
    socket.on('message', (data, isBinary) => this.inbox.put(isBinary ? data : data.toString()));
  }
  send(...messages) {
    for (const message of messages) this.socket.send(message);
  }
  next() {
    return this.inbox.take();
  }
  async expect(...wanted) {
    for (const one of wanted) assert.deepEqual(await this.next(), one);
  }
  close() {
    this.socket.terminate();
  }
}
