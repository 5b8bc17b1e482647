// A guest from elsewhere, in Chromium with a camera and a real voice: its page as it is shipped, the
// server, the real LiveKit server. They agree and join, what they say reaches the log, they know when
// they are on air, and their own recording comes whole, also over a reload.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import assert from "node:assert/strict";
import { packageOf, runTap } from "../console/browser.mjs";
import { voiceOf } from "../console/room.mjs";
import { sampleShow } from "../console/shows.mjs";
import { Livekit, missing } from "../support/livekit.mjs";
import { Browser, LONG_MS, Server, TOKEN, inTurn, until } from "./studio.mjs";

packageOf("playwright-core");
if (missing()) {
  console.log(`1..0 # SKIP ${missing()}`);
  process.exit(0);
}
const { io } = packageOf("socket.io-client");
const work = mkdtempSync(join(tmpdir(), "crosscut-guests-"));

// Somebody who talks for some seconds, is silent, and begins again.
function voice() {
  const shows = sampleShow();
  const [spoken, wav] = [join(work, "spoken.wav"), join(work, "voice.wav")];
  writeFileSync(spoken, Buffer.from(voiceOf(shows, "guest.mov"), "base64"));
  execFileSync("ffmpeg", ["-v", "error", "-t", "6", "-i", spoken, "-af", "adelay=2000,apad=pad_dur=3,volume=0.7", "-ac", "1", "-ar", "48000", "-c:a", "pcm_s16le", wav]);
  return wav;
}

const FAKES = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream=fps=15", "--autoplay-policy=no-user-gesture-required"];
let livekit, server, browser, id, link, host, studio;
const log = () => server.log(id);
const spoken = () => log().filter(({ type, source }) => type.startsWith("speaking") && source === "cam_2");
const post = async (path, body) => {
  const answer = await fetch(server.address + path, { method: "POST", body: JSON.stringify(body), headers: { Authorization: `Bearer ${TOKEN}`, "Content-Type": "application/json" } });
  assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.clone().text()}`);
  return answer.json();
};
let events = 0;
const say = (type, members) => host.timeout(60_000).emitWithAck("event", { id: `host-${++events}`, type, t: 0, ...members });

async function comeIn(page = browser.page) {
  await page.getByRole("button", { name: "Set up camera and microphone" }).click();
  await page.getByLabel("I agree to be recorded").check();
  await page.getByRole("button", { name: "Join the show" }).click();
  await page.locator(".tally-bar").waitFor();
}

async function newContext() {
  const context = await browser.chromium.newContext();
  context.setDefaultTimeout(LONG_MS);
  return context;
}

// A console's part in the room, on a page of the studio: it hands in what guests send as data, and shows
// a program. LiveKit's client is the one that our pages load.
async function openRoom() {
  const page = await (await newContext()).newPage();
  const loaded = await browser.page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
  await page.goto(server.address);
  await page.evaluate(async ([session, token, client]) => {
    const { Room } = await import(client);
    const post = async (path, body) =>
      (await fetch(`/sessions/${session}/livekit/${path}`, { method: "POST", body, headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" } })).json();
    const ticket = await post("token");
    window.handedIn = [];
    const room = new Room();
    room.on("dataReceived", (bytes, from, _kind, topic) => {
      if (topic !== "crosscut-event") return;
      const event = JSON.parse(new TextDecoder().decode(bytes));
      window.handedIn.push(event.id);
      void post("events", JSON.stringify({ identity: from.identity, event }));
    });
    await room.connect(ticket.url, ticket.token, { autoSubscribe: false });
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [320, 180];
    const to = canvas.getContext("2d");
    let n = 0;
    setInterval(() => {
      to.fillStyle = `hsl(${(n += 7) % 360} 80% 40%)`;
      to.fillRect(0, 0, 320, 180);
    }, 100);
    await room.localParticipant.publishTrack(canvas.captureStream(10).getVideoTracks()[0], { name: "program", simulcast: false });
  }, [id, TOKEN, loaded.find((name) => /livekit-client[^/]*\.js$/.test(name))]);
  return page;
}

// A <video> of the program, not of oneself.
const seesProgram = (page) =>
  until("the program is seen", () => page.evaluate(() => [...document.querySelectorAll(".stage video, .viewer video")].some((video) => video.videoWidth === 320 && video.currentTime > 0)));

const steps = inTurn([
  ["a show runs, and a guest has a link", async () => {
    livekit = await Livekit.start();
    server = await Server.startWith(livekit.environment, work);
    browser = await Browser.open(...FAKES, `--use-file-for-fake-audio-capture=${voice()}`);
    browser.context.setDefaultTimeout(LONG_MS);
    ({ sessionId: id } = await post("/session/start", { name: "The evening show", sources: [{ id: "cam_1", label: "Maya" }, { id: "cam_2", label: "Tomas" }] }));
    ({ link } = await post(`/sessions/${id}/guests`, { role: "guest", source: "cam_2" }));
    host = io(server.address, { auth: { token: TOKEN, sessionId: id }, transports: ["websocket"] });
    await new Promise((done) => host.once("welcome", done));
  }],
  ["the green room shows them to themselves, and nobody else", async () => {
    await browser.page.goto(link);
    await browser.sees("You are invited to “The evening show”");
    await browser.press("Set up camera and microphone");
    await browser.sees("Tomas, as in a mirror");
    assert.ok(await browser.button("Join the show").isDisabled(), "joined without consent");
    await browser.press("Check my sound");
    await browser.page.getByText(/You sound fine|You are too (quiet|loud)/).waitFor();
    await browser.look("guest-green");
    assert.deepEqual(await livekit.people(id), [], "in the room before they joined");
    assert.deepEqual(spoken(), [], "heard before they joined");
  }],
  ["they join, and what they say is in the log, on the session clock", async () => {
    await browser.page.getByLabel("I agree to be recorded").check();
    await browser.press("Join the show");
    await until("picture and sound in the room", async () => (await livekit.people(id)).find(({ identity }) => identity === "cam_2")?.tracks.length === 2);
    await until("their voice in the log", () => spoken().some(({ type }) => type === "speaking_stop"));
    const [{ t, edge_t: edge, at }] = spoken();
    assert.ok(edge <= t && t < at + 2000, `${edge} ${t} ${at}`); // two clocks
  }],
  ["they know that they are on air", async () => {
    await until("the director shows them", () => log().some(({ type, source }) => type === "switch" && source === "cam_2"));
    await browser.sees("You are on air");
    await browser.look("guest-on-air");
    await say("manual_cut", { source: "cam_1", hold: 100000 });
    await browser.sees("You are not on air");
    await browser.sees("Maya is on air");
  }],
  ["they record themselves when the host records", async () => {
    assert.ok((await say("record_start", { source: "program", file: "program.webm", start: 0, video: "vp8", audio: "opus" })).ok);
    await browser.sees("You are being recorded");
    await browser.sees("Your own recording runs");
    await until("their recording on the server", async () => (await server.ask(`/sessions/${id}`)).live.uploads.some(({ name, bytes }) => /^cam_2_local/.test(name) && bytes > 20_000));
  }],
  ["they see the program of a console, and so do viewers", async () => {
    studio = await openRoom();
    await browser.sees("PROGRAM");
    await seesProgram(browser.page);
    const { link: watching } = await post(`/sessions/${id}/guests`, { role: "viewer" });
    const viewer = await (await newContext()).newPage();
    await viewer.goto(watching);
    await viewer.getByRole("button", { name: "Watch", exact: true }).click();
    await seesProgram(viewer);
    await viewer.context().close();
  }],
  ["where Socket.IO is blocked their voice comes by LiveKit, once, and they record themselves", async () => {
    await browser.page.goto("about:blank");
    const page = await browser.context.newPage();
    await page.routeWebSocket(/socket\.io/, (socket) => socket.close());
    await page.route(/socket\.io/, (route) => route.abort());
    await page.goto(link);
    await comeIn(page);
    await page.getByText("Part of the connection is blocked").waitFor();
    const handedIn = () => studio.evaluate(() => window.handedIn);
    await until("their voice in the log", async () => {
      const ids = await handedIn();
      const types = spoken().flatMap((line) => (ids.includes(line.id) ? [line.type] : []));
      return types.includes("speaking_start") && types.includes("speaking_stop");
    });
    for (const ids of [await handedIn(), spoken().map((line) => line.id)]) assert.equal(new Set(ids).size, ids.length, "once each");
    await say("manual_cut", { source: "cam_2", hold: 100000 });
    await page.getByText("You are on air").waitFor();
    await page.getByText("Your own recording runs").waitFor();
    await until("their recording is in the log, by the room", async () => {
      const ids = await handedIn();
      return log().some(({ type, source, file, id: line }) => type === "record_start" && source === "cam_2" && /^cam_2_local\.2\./.test(file) && ids.includes(line));
    });
    await until("and on the server", async () => (await server.ask(`/sessions/${id}`)).live.uploads.some(({ name, bytes }) => /^cam_2_local\.2/.test(name) && bytes > 20_000));
    await page.close();
  }],
  ["a page that is closed goes on where it was", async () => {
    await until("they are gone", async () => (await livekit.people(id)).every(({ identity }) => identity !== "cam_2"));
    await browser.page.goto(link);
    await comeIn();
    await browser.sees("Your own recording runs");
    const isWhole = (name) => ({ name: is, sha256 }) => name.test(is) && sha256;
    await until("the parts of before are whole", async () => {
      const { files } = await server.ask(`/sessions/${id}`);
      return files.some(isWhole(/^cam_2_local\.(mkv|webm)$/)) && files.some(isWhole(/^cam_2_local\.2\./));
    });
  }],
  ["after the show what they recorded comes whole, and they are told", async () => {
    await until("something of the third part", async () => (await server.ask(`/sessions/${id}`)).live.uploads.some(({ name, bytes }) => /^cam_2_local\.3/.test(name) && bytes > 20_000));
    await say("record_stop", { source: "program", file: "program.webm", end: 1 });
    await post("/session/stop", { sessionId: id });
    await browser.sees("The show is over");
    await browser.sees("Your recording is all in the studio");
    await browser.look("guest-over");
    const local = server.recordings(id).filter((name) => /^cam_2_local/.test(name));
    assert.equal(local.length, 3, `${local}`);
    const { files } = await server.ask(`/sessions/${id}`);
    for (const name of local) {
      const { sha256, start, kind, source } = files.find((file) => file.name === name);
      assert.ok(sha256 && start >= 0 && kind === "local" && source === "cam_2", name);
      const probed = execFileSync("ffprobe", ["-v", "error", "-show_entries", "stream=codec_type", "-of", "csv=p=0", join(server.showFolder(id), name)], { encoding: "utf8" });
      assert.deepEqual(probed.trim().split("\n").sort(), ["audio", "video"], name);
    }
  }],
  ["a link after the show says so", async () => {
    await browser.page.goto("about:blank");
    await browser.page.goto(link);
    await browser.sees("The show is over");
  }],
  ["browser and servers end", async () => {
    host?.close();
    await browser?.end();
    await server?.end();
    await livekit?.end();
    rmSync(work, { recursive: true, force: true });
  }],
], async () => {
  await browser?.keep("guests-failed").catch(() => {});
  server?.tell();
  if (browser) console.log(`# ${browser.said.map(({ text }) => text).slice(-10).join("\n# ")}`);
}, "guests: ");

process.exit((await runTap(steps)) ? 1 : 0);
