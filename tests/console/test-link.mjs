// The console's core in Chromium against a real server, without views: a show of played cameras is
// recorded, the server is killed in the middle and comes back, the page is closed and goes on, and
// after the stop everything is on the server, once.
//
//   CROSSCUT_TEST_SECONDS=60 node tests/console/test-link.mjs     a longer one
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createReadStream } from "node:fs";
import { mkdtemp, readFile, readdir, rm, stat } from "node:fs/promises";
import { createServer, request as ask } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { BUILD, SOURCE, launch, packageOf, runTap } from "./browser.mjs";
import { sampleShow } from "./shows.mjs";
import { freePort } from "../support/ports.mjs";

packageOf("playwright-core");
const program = join(BUILD, "crosscut");
const bundle = join(BUILD, "console-link");
execFileSync(join(SOURCE, "console/node_modules/.bin/vite"), ["build", "--mode", "test", "--outDir", bundle, "--emptyOutDir", "--logLevel", "error"], {
  cwd: join(SOURCE, "console"),
  env: { ...process.env, CROSSCUT_BUILD: BUILD },
});
const shows = sampleShow();
const SHOW = {
  name: "Played show",
  sources: [
    { label: "Host", role: "person", video: "/show/host.mp4" },
    { label: "Guest", role: "person", video: "/show/guest.mov" },
    { label: "Wide", role: "wide", video: "/show/wide.mkv" },
  ],
};
const TOKEN = "a-token-for-this-test-only";
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".wasm": "application/wasm", ".mp4": "video/mp4", ".mov": "video/quicktime", ".mkv": "video/x-matroska", ".webm": "video/webm", ".json": "application/json" };
const storage = await mkdtemp(join(tmpdir(), "crosscut-link-"));
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// ---- the server, on a port that stays ----
const port = await freePort();
let server = null;
const said = []; /* by the server; shown when something fails */
async function startServer() {
  server = spawn(program, ["serve", "--listen", `127.0.0.1:${port}`, "--auto-render", "off", "--storage", storage], {
    env: { ...process.env, CROSSCUT_ADMIN_TOKEN: TOKEN },
    stdio: ["ignore", "ignore", "pipe"],
  });
  server.stderr.on("data", (text) => said.push(String(text)));
  for (let i = 0; i < 300; i++) {
    const up = await fetch(`http://127.0.0.1:${port}/healthz`).then((answer) => answer.ok, () => false);
    if (up) return;
    await sleep(100);
  }
  throw new Error("the server did not start");
}
async function killServer() {
  const ended = new Promise((done) => server.once("exit", done));
  server.kill("SIGKILL");
  await ended;
}

// ---- one origin: the test's bundle, the show's recordings, and the server behind them ----
const front = createServer(async (request, response) => {
  const path = normalize(decodeURIComponent(new URL(request.url, "http://x").pathname));
  if (path === "/show/show.json") return response.writeHead(200, { "Content-Type": TYPES[".json"] }).end(JSON.stringify(SHOW));
  const file = path.startsWith("/show/") ? join(shows, path.slice(6)) : join(bundle, path);
  const found = path.includes(".") && !/^\/(sessions|upload)\//.test(path) ? await stat(file).catch(() => null) : null;
  if (!found?.isFile()) return forward(request, response);
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
  const start = Number(from ?? 0), end = to ? Number(to) : found.size - 1;
  const headers = { "Content-Type": TYPES[extname(file)] ?? "application/octet-stream", "Content-Length": end - start + 1, "Accept-Ranges": "bytes" };
  if (from !== undefined) headers["Content-Range"] = `bytes ${start}-${end}/${found.size}`;
  response.writeHead(from === undefined ? 200 : 206, headers);
  createReadStream(file, { start, end }).pipe(response);
});
const theirs = (headers) => {
  const own = { ...headers, host: `127.0.0.1:${port}` };
  if (own.origin) own.origin = `http://127.0.0.1:${port}`;
  return own;
};
function forward(request, response) {
  const through = ask({ host: "127.0.0.1", port, method: request.method, path: request.url, headers: theirs(request.headers) }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  through.on("error", () => response.destroy());
  request.pipe(through);
}
front.on("upgrade", (request, socket, head) => {
  const through = connect(port, "127.0.0.1", () => {
    const lines = Object.entries(theirs(request.headers)).map(([name, value]) => `${name}: ${value}`);
    through.write(`${request.method} ${request.url} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
    through.write(head);
    socket.pipe(through).pipe(socket);
  });
  through.on("error", () => socket.destroy());
  socket.on("error", () => through.destroy());
});
await new Promise((done) => front.listen(0, "127.0.0.1", done));
const address = `http://127.0.0.1:${front.address().port}`;

// ---- the page ----
const browser = await launch(["--autoplay-policy=no-user-gesture-required", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream=device-count=1,fps=15"]);
const context = await browser.newContext();
context.setDefaultTimeout(180_000); /* for a machine that is busy */
const logs = [];
async function open(query = "") {
  const page = await context.newPage();
  page.on("console", (message) => message.type() === "error" && logs.push(message.text()));
  page.on("pageerror", (error) => logs.push(String(error)));
  await page.goto(`${address}/core.html${query}#token=${TOKEN}`);
  await page.waitForFunction(() => window.studio !== undefined);
  return page;
}
const state = (page) => page.evaluate(() => {
  const { sources, ...rest } = window.studio.state();
  return { ...rest, clock: window.studio.clock(), sources: sources.map(({ stream, ...source }) => ({ ...source, hasPicture: stream !== null })) };
});
async function until(page, what, ms = 180_000) {
  for (const end = Date.now() + ms; ; await sleep(250)) {
    const now = await state(page);
    if (what(now)) return now;
    if (Date.now() > end) throw new Error(`it did not come to ${what}: ${JSON.stringify(now, null, 1).slice(0, 6000)}`);
  }
}
const folder = (id) => join(storage, "sessions", id);
const events = async (id) => (await readFile(join(folder(id), "events.log"), "utf8")).trim().split("\n").map((line) => JSON.parse(line));
function check(good, why) {
  if (!good) throw new Error(why);
}

async function complete(id) {
  for (let i = 0; i < 240; i++) {
    const answer = await fetch(`http://127.0.0.1:${port}/sessions/${id}`, { headers: { Authorization: `Bearer ${TOKEN}` } });
    if ((await answer.json()).state === "complete") break;
    await sleep(250);
  }
  const manifest = JSON.parse(await readFile(join(folder(id), "manifest.json"), "utf8"));
  check(manifest.state === "complete", `the show is ${manifest.state}`);
  return manifest;
}
/* What the page's origin keeps in the browser's storage. */
const leftIn = (page) => page.evaluate(async () => {
  const names = [];
  const walk = async (folder, path) => {
    for await (const [name, handle] of folder.entries())
      if (handle.kind === "directory") await walk(handle, `${path}/${name}`);
      else names.push(`${path}/${name}`);
  };
  await walk(await navigator.storage.getDirectory(), "");
  return names;
});
function play(id, name) {
  const played = spawnSync("ffmpeg", ["-v", "error", "-i", join(folder(id), name), "-fps_mode", "passthrough", "-enc_time_base:v", "1:1000", "-f", "null", "-"], { encoding: "utf8" });
  check(played.status === 0 && played.stderr === "", `${name}: ${played.stderr.slice(0, 500)}`);
}

/* When something becomes loud in a recording, ms from its beginning. */
function beepsOf(path) {
  const decoded = spawnSync("ffmpeg", ["-v", "error", "-i", path, "-map", "0:a", "-af", "aresample=async=1:first_pts=0", "-ac", "1", "-ar", "8000", "-f", "s16le", "-"], { maxBuffer: 1 << 26 });
  const samples = new Int16Array(decoded.stdout.buffer, decoded.stdout.byteOffset, decoded.stdout.length >> 1);
  const beeps = [];
  let last = -Infinity;
  samples.forEach((sample, i) => {
    if (Math.abs(sample) < 3000) return;
    if (i - last > 1600) beeps.push(i / 8);
    last = i;
  });
  return beeps;
}
async function joinWithPhone(before = () => {}) {
  phone = await context.newPage();
  phone.on("pageerror", (error) => logs.push(String(error)));
  await phone.addInitScript(before);
  await phone.goto(phoneLink);
  await phone.getByRole("button", { name: "Join with this phone" }).click();
}

let page, id, phone, phoneLink;
const secondsOf = Number(process.env.CROSSCUT_TEST_SECONDS ?? 8);
await startServer();
await runTap([
  ["a show of played cameras is set up", async () => {
    page = await open(`?testShow=/show/show.json`);
    const now = await until(page, ({ sources }) => sources.length >= 2 && sources.every(({ hasPicture }) => hasPicture));
    check(!page.url().includes(TOKEN), "the token is still in the address");
    console.log(`# ${now.sources.map(({ id, label, role, trouble }) => `${id} ${label} ${role} ${trouble}`).join(", ")}`);
  }],
  ["it is recorded, sent while it runs, and directed", async () => {
    await page.evaluate(() => window.studio.start());
    ({ sessionId: id } = await until(page, ({ phase }) => phase === "recording"));
    await sleep(secondsOf * 1000);
    const now = await until(page, ({ files, shots }) => files.length >= 3 && files.every(({ sentBytes }) => sentBytes > 0) && shots.length > 0);
    console.log(`# link ${JSON.stringify(now.link)}; ${now.files.map(({ name, bytes, sentBytes }) => `${name} ${sentBytes}/${bytes}`).join(", ")}`);
    console.log(`# ${now.directing.onAir}: ${now.directing.why}; speech ${JSON.stringify(now.speech.slice(0, 3))}; notices ${now.notices.map(({ title }) => title)}`);
  }],
  ["a cut by hand is on air at once, and said", async () => {
    const { sources } = await state(page);
    const other = sources.at(-1).id;
    await page.evaluate((source) => window.studio.cut(source), other);
    const now = await until(page, ({ directing }) => directing.onAir === other);
    check(now.directing.by === "manual" && now.directing.autoAt > now.clock, JSON.stringify(now.directing));
  }],
  ["the console directs while the server is dead, and the server takes it over", async () => {
    await killServer();
    await until(page, ({ directing }) => directing.decidedBy === "console");
    const first = (await state(page)).sources[0].id;
    await page.evaluate((source) => window.studio.cut(source), first);
    await until(page, ({ directing }) => directing.onAir === first);
    await startServer();
    await until(page, ({ directing, link }) => link.state === "online" && directing.decidedBy === "server");
    const lines = await events(id);
    check(lines.some(({ type, by }) => type === "epoch" && by === "console"), "no epoch of the console in the log");
    check(lines.some(({ type, epoch, source }) => type === "switch" && epoch === 1 && source === first), "its switch is not in the log");
  }],
  ["a closed page goes on with the same show", async () => {
    await page.close({ runBeforeUnload: false });
    await sleep(1500);
    page = await open();
    const { unfinished } = await until(page, ({ unfinished }) => unfinished.length > 0);
    check(unfinished[0].sessionId === id && unfinished[0].isRecording, JSON.stringify(unfinished));
    await page.evaluate((session) => window.studio.resume(session), id);
    await until(page, ({ phase }) => phase === "recording");
    await sleep(secondsOf * 500);
    const now = await until(page, ({ files }) => files.some(({ name, sentBytes }) => /\.2\.[a-z]+$/.test(name) && sentBytes > 0));
    console.log(`# ${now.files.map(({ name, state }) => `${name} ${state}`).join(", ")}`);
  }],
  ["after the stop everything is on the server, and nothing in the browser", async () => {
    await page.evaluate(() => window.studio.stop());
    await until(page, ({ phase, files }) => phase === "stopped" && files.every(({ state }) => state === "done"));
    await complete(id);
    await sleep(3000);
    const left = await leftIn(page);
    check(left.length === 0, `left in the browser: ${left}`);
  }],
  ["the log has every event once, and the recordings can be played", async () => {
    const lines = JSON.parse(await readFile(join(folder(id), "events.json"), "utf8"));
    check(new Set(lines.map(({ id }) => id)).size === lines.length, "an event is there twice");
    check(lines.every(({ seq }, i) => seq === i + 1), "the seq has a hole");
    const switches = new Map(lines.filter(({ type }) => type === "switch").map((line) => [line.id, line]));
    const cuts = lines.filter(({ type, decision }) => type === "cut" && decision);
    check(cuts.length > 0 && cuts.every(({ decision }) => switches.has(decision)), "a cut names no decision");
    const names = (await readdir(folder(id))).filter((name) => /\.(mkv|webm)$/.test(name));
    for (const name of names) play(id, name);
    const types = {};
    for (const { type } of lines) types[type] = (types[type] ?? 0) + 1;
    console.log(`# ${JSON.stringify(types)}; console errors: ${logs.join(" | ")}`);
    execFileSync(program, ["verify", folder(id)], { stdio: ["ignore", "ignore", "inherit"] });
  }],
  ["a phone that opens its link is a camera of the show", async () => {
    await page.close();
    page = await open("?testShow=/show/show.json");
    await until(page, ({ sources }) => sources.length === 3 && sources.every(({ hasPicture }) => hasPicture));
    const link = await page.evaluate(() => window.studio.addPhone());
    phoneLink = `${address}/index.html${new URL(link).hash}`;
    await joinWithPhone();
    await until(page, ({ sources }) => sources[3].hasPicture);
    await phone.getByText("This phone will record itself too").waitFor();
    await page.evaluate(() => window.studio.start());
    await until(page, ({ files, phase }) => phase === "recording" && files.some(({ source, sentBytes }) => source === "cam_4" && sentBytes > 100_000));
    await page.evaluate(() => window.studio.cut("cam_4"));
    await until(page, ({ directing }) => directing.onAir === "cam_4");
    await phone.getByText("This phone records itself too").waitFor();
    ({ sessionId: id } = await state(page));
    await sleep(4000);
    await phone.close();
    await until(page, ({ sources }) => sources[3].isLost);
    await until(page, ({ directing }) => directing.onAir !== "cam_4");
  }],
  ["a phone that cannot keep a recording says so, and is a camera all the same", async () => {
    await joinWithPhone(() => delete StorageManager.prototype.getDirectory);
    await phone.getByText("Only the live picture is used: this browser cannot keep recordings.").waitFor();
    await until(page, ({ sources }) => sources[3].hasPicture);
    await phone.getByText("You are being recorded").waitFor();
    await phone.close();
  }],
  ["a phone that was closed comes back, sends the rest, and records itself again", async () => {
    /* With a browser that has no WebCodecs. */
    await joinWithPhone(() => delete globalThis.VideoEncoder);
    await until(page, ({ sources }) => sources[3].hasPicture);
    await phone.getByText("This phone records itself too").waitFor();
    await sleep(4000);
    await page.evaluate(() => window.studio.stop());
    await until(page, ({ phase, files }) => phase === "stopped" && files.every(({ state }) => state === "done"));
    await phone.getByText("This phone's own recording is all on the server.").waitFor();
  }],
  ["the phone's own recording is whole on the server, playable, and heard at the console as well", async () => {
    const manifest = await complete(id);
    const named = new Map(manifest.files.map((file) => [file.name, file]));
    const own = manifest.files.filter(({ kind }) => kind === "local");
    console.log(`# ${[...named.values()].filter(({ source }) => source === "cam_4").map(({ name, start, duration, bytes, problem }) => `${name} ${start}+${duration} ${bytes} ${problem ?? ""}`).join(", ")}`);
    check(own.map(({ name }) => name).sort().join() === "cam_4_local.2.webm,cam_4_local.mkv", `its own: ${own.map(({ name }) => name)}`);
    for (const { name, source, start, duration, video, audio, torn } of own) {
      check(source === "cam_4" && start > 0 && duration > 2000 && audio === "opus", `${name}: ${JSON.stringify(named.get(name))}`);
      check(name.endsWith(".mkv") ? video === "h264" : /^vp/.test(video) && !torn, `${name}: ${video}, torn ${torn}`);
      play(id, name);
    }
    /* The browser's microphone beeps: twice a second, so this says little of how far they are apart. */
    const beeps = (name) => beepsOf(join(folder(id), name)).map((t) => t + named.get(name).start);
    const here = beeps("cam_4_iso.mkv").filter((t) => t < named.get("cam_4_local.mkv").start + 6000);
    const late = here.map((t) => Math.min(...beeps("cam_4_local.mkv").map((own) => Math.abs(t - own))));
    console.log(`# the beeps at the console, off from the phone's own: ${late.map(Math.round)} ms`);
    check(here.length >= 5, `its sound did not come to the console: ${here.length} beeps`);
    const lines = JSON.parse(await readFile(join(folder(id), "events.json"), "utf8"));
    const of = (type) => lines.filter((line) => line.type === type && /_local/.test(line.file)).map(({ file }) => file).sort().join();
    check(of("record_start") === of("record_stop"), `begun ${of("record_start")}, ended ${of("record_stop")}`);
    const left = (await leftIn(phone)).filter((name) => name.startsWith("/phone/"));
    check(left.length === 0, `left in the phone: ${left}`);
    await phone.close();
    execFileSync(program, ["verify", folder(id)], { stdio: ["ignore", "ignore", "inherit"] });
  }],
]).finally(async () => {
  await browser.close();
  front.close();
  front.closeAllConnections();
  server.kill("SIGKILL");
  if (process.exitCode) console.log(said.join("").replace(/^/gm, "# "));
  if (!process.env.CROSSCUT_TEST_KEEP) await rm(storage, { recursive: true });
});
