// The page that LiveKit's Egress opens for "livekit-composite", as Egress opens it: in Chromium, with the
// address of the room, a recorder's token and a layout; a real LiveKit, and two people who publish their
// number. What the page shows is read back from pictures of it.
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import assert from "node:assert/strict";
import { SOURCE, launch, packageOf, runTap } from "../console/browser.mjs";
import { Livekit, missing, tokenFor } from "../support/livekit.mjs";
import { Server, TOKEN, inTurn, until } from "./studio.mjs";

packageOf("playwright-core");
const { io } = packageOf("socket.io-client");
if (missing()) {
  console.log(`1..0 # SKIP ${missing()}`);
  process.exit(0);
}
const CLIENT = join(SOURCE, "console/node_modules/livekit-client/dist/livekit-client.umd.js");

let livekit, server, chromium, page, id, host, state, zero;
const heard = [];
const NUMBERS = { cam_1: 5, cam_2: 10 };

async function ask(method, path, body) {
  const answer = await fetch(server.address + path, {
    method,
    headers: { Authorization: `Bearer ${TOKEN}`, "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  assert.ok(answer.ok, `${path}: ${answer.status}`);
  return answer.json();
}

// A host's link to the show: what is said of it, and cuts by hand.
async function connect() {
  host = io(server.address, { auth: { token: TOKEN, sessionId: id }, transports: ["websocket"] });
  host.on("welcome", (welcome) => {
    state = welcome.state;
    zero = Date.now() - welcome.clock;
  });
  host.on("state", (news) => (state = news));
  await until("the link", () => state);
}

async function cut(source) {
  const answer = await host.timeout(30_000).emitWithAck("event", { id: randomUUID(), type: "manual_cut", source, t: Date.now() - zero });
  assert.ok(answer.ok, JSON.stringify(answer));
}

// Somebody in a room whose picture says a number from 1 to 15: four bars, white for 1. Their sound is a
// tone. `page` is a page of its own.
async function publishNumber(page, { url, token, number }) {
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

// The number in the picture; null: it is no such picture.
async function shown() {
  const picture = await page.screenshot();
  const gray = execFileSync("ffmpeg", ["-v", "error", "-f", "png_pipe", "-i", "-", "-vf", "scale=64:36", "-pix_fmt", "gray", "-f", "rawvideo", "-"], { input: picture });
  const bars = [8, 24, 40, 56].map((x) => gray[10 * 64 + x]);
  if (bars.some((light) => light > 60 && light < 190)) return null;
  return bars.reduce((number, light) => number * 2 + (light > 128 ? 1 : 0), 0);
}

function pageOf(path, query) {
  return `${server.address}${path}?${new URLSearchParams(query)}`;
}

const recorder = () => tokenFor({ room: id, roomJoin: true, canSubscribe: true, canPublish: false, canPublishData: false, hidden: true, recorder: true }, { sub: "EG_test" });

const steps = inTurn([
  ["a room has two people in it", async () => {
    livekit = await Livekit.start();
    server = await Server.startWith(livekit.environment, join(SOURCE, "samples"));
    ({ sessionId: id } = await ask("POST", "/session/start", { name: "A show", sources: Object.keys(NUMBERS).map((source) => ({ id: source, label: `Person ${source}` })) }));
    await connect();
    chromium = await launch(["--autoplay-policy=no-user-gesture-required"]);
    for (const [source, number] of Object.entries(NUMBERS)) {
      const { token } = await ask("POST", `/sessions/${id}/guests`, { role: "camera", source, minutes: 10 });
      const answer = await fetch(`${server.address}/sessions/${id}/livekit/token`, { method: "POST", headers: { Authorization: `Bearer ${token}` } });
      const pass = await answer.json();
      await publishNumber(await chromium.newPage(), { url: pass.url, token: pass.token, number });
    }
    await until("both are there", () => state.livekit?.participants.filter(({ tracks }) => tracks.length === 2).length === 2);
  }],
  ["the page shows who is on, and says that there is something to see", async () => {
    await cut("cam_1");
    page = await (await chromium.newContext({ viewport: { width: 1280, height: 720 } })).newPage();
    page.on("console", (message) => heard.push(message.text()));
    page.on("pageerror", (error) => heard.push(String(error)));
    await page.goto(pageOf("/composite", { url: livekit.url, token: recorder(), layout: "program" }));
    await until("the first one", async () => (await shown()) === NUMBERS.cam_1);
    assert.deepEqual(heard, ["START_RECORDING"]);
    assert.equal(new URL(page.url()).search, "", "the token stays in the address");
  }],
  ["each change of the program is followed", async () => {
    for (const source of ["cam_2", "cam_1", "cam_2"]) {
      await cut(source);
      await until(`${source} is shown`, async () => (await shown()) === NUMBERS[source]);
    }
  }],
  ["everybody is heard", async () => {
    const times = () => page.evaluate(() => [...document.querySelectorAll("audio")].map((one) => (one.paused ? -1 : one.currentTime)));
    const before = await times();
    assert.equal(before.length, 2);
    await until("both play", async () => (await times()).every((t, i) => t > before[i]));
  }],
  ["the recorder is nobody in the show", () => {
    assert.deepEqual(state.livekit.participants.map(({ identity }) => identity).sort(), ["cam_1", "cam_2"]);
  }],
  ["the end of the room ends it, and it does not come back", async () => {
    await ask("POST", "/session/stop", { sessionId: id });
    await until("the end", () => heard.includes("END_RECORDING"));
    assert.deepEqual(heard, ["START_RECORDING", "END_RECORDING"]);
  }],
  ["without a room the page says what it is", async () => {
    await page.goto(`${server.address}/composite`);
    await page.getByText("LiveKit's Egress opens this page").waitFor();
    assert.deepEqual(heard.slice(2), []);
  }],
  ["browser and servers end", async () => {
    host?.close();
    await chromium?.close();
    await server?.end();
    await livekit?.end();
  }],
], async () => {
  console.log(`# the page said ${JSON.stringify(heard)}`);
  server?.tell();
}, "composite: ");

process.exit((await runTap(steps)) ? 1 : 0);
