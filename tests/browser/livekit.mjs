// What tests with a LiveKit room share: the real server (build/livekit-server), tokens made by other means
// than the program's, and people who publish a picture with their number.
import { createHmac } from "node:crypto";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BUILD, SOURCE } from "../console/browser.mjs";
import { freePort } from "../support/ports.mjs";
import { until } from "./studio.mjs";

// Sanitised builds stand in build/asan; what was fetched is in build/.
const PROGRAM = [BUILD, join(SOURCE, "build")].map((folder) => join(folder, "livekit-server/livekit-server")).find(existsSync);
const CLIENT = join(SOURCE, "console/node_modules/livekit-client/dist/livekit-client.umd.js");
export const KEY = "APIcrosscut";
export const SECRET = "lk_s3cret_of_at_least_thirty_two_bytes";

export function needsLivekit() {
  if (PROGRAM) return;
  console.log("1..0 # SKIP needs build/livekit-server (make test-deps)");
  process.exit(0);
}

export function tokenOf(identity, video) {
  const base64url = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const now = Math.floor(Date.now() / 1000);
  const text = `${base64url({ alg: "HS256", typ: "JWT" })}.${base64url({ iss: KEY, sub: identity, nbf: now - 5, exp: now + 600, video })}`;
  return `${text}.${createHmac("sha256", SECRET).update(text).digest("base64url")}`;
}

export class Livekit {
  static async start() {
    const livekit = new Livekit();
    livekit.folder = mkdtempSync(join(tmpdir(), "crosscut-livekit-"));
    livekit.port = await freePort();
    const [udp, tcp] = [await freePort(), await freePort()];
    const config = join(livekit.folder, "livekit.yaml");
    writeFileSync(config, JSON.stringify({
      port: livekit.port,
      bind_addresses: ["127.0.0.1"],
      rtc: { node_ip: "127.0.0.1", enable_loopback_candidate: true, use_external_ip: false, udp_port: udp, tcp_port: tcp },
      keys: { [KEY]: SECRET },
      logging: { level: "warn" },
    }));
    livekit.process = spawn(PROGRAM, ["--config", config], { stdio: "ignore", cwd: livekit.folder });
    process.once("exit", () => livekit.process.kill("SIGKILL"));
    await until("LiveKit answers", () => fetch(`http://127.0.0.1:${livekit.port}/`).then((answer) => answer.ok, () => false));
    return livekit;
  }

  get url() {
    return `ws://127.0.0.1:${this.port}`;
  }

  get environment() {
    return { CROSSCUT_LIVEKIT_URL: this.url, CROSSCUT_LIVEKIT_KEY: KEY, CROSSCUT_LIVEKIT_SECRET: SECRET };
  }

  end() {
    this.process.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }
}

// Somebody in a room whose picture says a number from 1 to 15: four bars, white for 1. Their sound is a
// tone. `page` is a page of its own.
export async function publishNumber(page, { url, token, number }) {
  await page.addScriptTag({ content: readFileSync(CLIENT, "utf8") });
  await page.evaluate(async ({ url, token, number }) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 360 });
    const paint = canvas.getContext("2d");
    let turn = 0;
    setInterval(() => {
      for (let bit = 0; bit < 4; bit++) {
        paint.fillStyle = number & (8 >> bit) ? "#fff" : "#000";
        paint.fillRect(bit * 160, 0, 160, 360);
      }
      paint.fillStyle = "#888"; // something moves, so that frames keep coming
      paint.fillRect((turn++ * 8) % 640, 340, 20, 20);
    }, 66);
    const sound = new AudioContext();
    const [tone, out] = [sound.createOscillator(), sound.createMediaStreamDestination()];
    tone.connect(out);
    tone.start();
    const { Room } = window.LivekitClient;
    const room = (window.room = new Room());
    await room.connect(url, token);
    const [picture] = canvas.captureStream(15).getVideoTracks();
    await room.localParticipant.publishTrack(picture, { name: "camera", simulcast: false });
    await room.localParticipant.publishTrack(out.stream.getAudioTracks()[0], { name: "microphone" });
  }, { url, token, number });
}
