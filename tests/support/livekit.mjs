// LiveKit for browser tests: the real server (build/livekit-server), its API, and tokens.
import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SOURCE } from "../console/browser.mjs";
import { freePort } from "./ports.mjs";

const PROGRAM = join(SOURCE, "build/livekit-server/livekit-server");
export const KEY = "APIcrosscut";
export const SECRET = "lk_s3cret_of_at_least_thirty_two_bytes";

// Why there can be no such server here, or null.
export const missing = () => (existsSync(PROGRAM) ? null : "needs build/livekit-server (make test-deps)");

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

export function tokenFor(video, more = {}) {
  const now = Math.floor(Date.now() / 1000);
  const text = [{ alg: "HS256", typ: "JWT" }, { iss: KEY, nbf: now - 60, exp: now + 600, video, ...more }]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${text}.${createHmac("sha256", SECRET).update(text).digest("base64url")}`;
}

export class Livekit {
  static async start() {
    const livekit = new Livekit();
    livekit.folder = mkdtempSync(join(tmpdir(), "crosscut-livekit-"));
    [livekit.port, livekit.udp, livekit.tcp] = [await freePort(), await freePort(), await freePort()];
    process.once("exit", () => livekit.process?.kill("SIGKILL"));
    await livekit.start();
    return livekit;
  }

  get url() {
    return `ws://127.0.0.1:${this.port}`;
  }

  get environment() {
    return { CROSSCUT_LIVEKIT_URL: this.url, CROSSCUT_LIVEKIT_KEY: KEY, CROSSCUT_LIVEKIT_SECRET: SECRET };
  }

  async start() {
    const config = join(this.folder, "livekit.yaml"); // JSON is YAML
    writeFileSync(config, JSON.stringify({
      port: this.port, bind_addresses: ["127.0.0.1"], keys: { [KEY]: SECRET }, logging: { level: "warn" },
      rtc: { node_ip: "127.0.0.1", enable_loopback_candidate: true, use_external_ip: false, udp_port: this.udp, tcp_port: this.tcp },
    }));
    const log = openSync(join(this.folder, "log"), "a");
    this.process = spawn(PROGRAM, ["--config", config], { stdio: ["ignore", log, log], cwd: this.folder });
    for (const end = Date.now() + 60_000; ; await sleep(100)) {
      if (await fetch(`http://127.0.0.1:${this.port}/`).then(({ ok }) => ok, () => false)) return;
      if (Date.now() > end || this.process.exitCode !== null) throw new Error("livekit-server did not start");
    }
  }

  async stop() {
    const { process } = this;
    if (process.exitCode !== null || process.signalCode !== null) return;
    const ended = new Promise((done) => process.once("exit", done));
    process.kill("SIGKILL");
    await ended;
  }

  // A call of RoomService.
  async ask(method, body) {
    const token = tokenFor({ roomList: true, roomCreate: true, roomAdmin: true, room: body.room });
    const answer = await fetch(`http://127.0.0.1:${this.port}/twirp/livekit.RoomService/${method}`, {
      method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
    });
    if (!answer.ok) throw new Error(`${method}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  async people(room) {
    return (await this.ask("ListParticipants", { room })).participants;
  }

  async end() {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
