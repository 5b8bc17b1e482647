// Whole shows as people make them: `crosscut serve` as it is shipped, its console in Chromium, cameras
// that show their number and the number of each frame. A show is recorded while a camera is pulled,
// the server killed and the page reloaded; then check-show.py holds what lies on the disk against
// what the cameras showed and who really spoke. Pictures of every page stay in build/screenshots.
//   node tests/browser/test-studio.mjs [devices|webcodecs|mediarecorder]…
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import assert from "node:assert/strict";
import { BUILD, SOURCE, allowDevices, packageOf, runTap } from "../console/browser.mjs";
import { Browser, LONG_MS, Server, TOKEN, inTurn, sleep, until } from "./studio.mjs";

packageOf("playwright-core");
const PYTHON = join(SOURCE, "build/venv/bin/python3");
if (!existsSync(PYTHON)) {
  console.log("1..0 # SKIP needs build/venv (make test-deps)");
  process.exit(0);
}
const SECONDS = Number(process.env.CROSSCUT_TEST_SECONDS ?? 60);
const cameras = join(BUILD, "browser-show");

// The sample show, small, its cameras begun at once as those of a studio are.
function makeCameras() {
  if (existsSync(join(cameras, "truth.json"))) return;
  execFileSync(join(SOURCE, "samples/make-sample-show"), ["--tools", join(BUILD, "samples"), "-o", cameras, "--height", "360", "--cameras", "3", "--minutes", "1.5", "--together"]);
}

/* ---- what a show is held against afterwards ---- */

function checkShow(server, id, recorder) {
  const check = spawnSync(PYTHON, ["-W", "ignore", join(SOURCE, "tests/browser/check-show.py"), server.showFolder(id), cameras, recorder], { encoding: "utf8" });
  for (const line of check.stdout.split("\n")) if (line) console.log(`# ${line}`);
  assert.equal(check.status, 0, check.stderr);
}

const ended = (server, id) => until("the show is complete", async () => (await server.ask(`/sessions/${id}`)).state === "complete");

// Errors that a dead server explains, while it was dead, and of what it had not yet begun to keep; and
// what Chromium says of pictures that a page had in hand when it was reloaded.
function unexplained({ said }, [from, to], reloaded = [0, 0]) {
  const isWithin = (at, [since, until]) => at >= since && at <= until;
  const isOfTheDead = /net::ERR_|WebSocket connection to|status of 404 .*\/upload\//;
  const isOfTheReload = /VideoFrame was garbage collected/;
  return said
    .filter(({ at, text }) => !(isOfTheDead.test(text) && isWithin(at, [from, to])) && !(isOfTheReload.test(text) && isWithin(at, reloaded)))
    .map(({ text }) => text);
}

async function endAll(browser, server) {
  await browser?.end();
  await server?.end();
}

/* ---- a show of played cameras, with everything that goes wrong ---- */

function playedShow(recorder) {
  const named = (name) => `${recorder}: ${name}`;
  const picture = (name) => `${recorder === "webcodecs" ? "" : `${recorder}-`}${name}`;
  const ending = recorder === "webcodecs" ? "mkv" : "webm";
  let server, browser, id, dead = [0, 0], reloaded = [0, 0];
  const log = () => server.log(id);
  const has = (what, good) => until(what, () => log().some(good));
  const clock = () => Math.max(0, ...log().map(({ t }) => t));

  return inTurn([
    [named("the sample show is opened"), async () => {
      server = await Server.start(cameras);
      browser = await Browser.open();
      await browser.page.goto(`${server.address}/#token=${TOKEN}`);
      await browser.sees("Set up your show");
      assert.ok(!browser.page.url().includes(TOKEN), "the token stays in the address");
      await browser.look(picture("welcome"));
      await browser.press("Open a sample show");
      await until("three pictures", async () => (await browser.page.locator(".source video").count()) === 3);
      await browser.page.getByLabel("Size").selectOption("360");
      if (recorder === "mediarecorder") await browser.page.getByRole("checkbox").check();
      await browser.page.getByLabel("Name of the show").fill(`A show by ${recorder}`);
      await browser.look(picture("setup"));
    }],
    [named("it is recorded, and directs itself"), async () => {
      await browser.press("Record");
      await browser.button("Stop recording").waitFor();
      id = await until("a show on the server", async () => (await server.ask("/sessions")).sessions[0]?.id);
      await until("two cuts by what is said", () => new Set(log().filter(({ type, reason }) => type === "switch" && reason !== "opening").map(({ source }) => source)).size >= 2);
      await until("recordings arrive meanwhile", () => server.recordings(id).length === 4);
      await browser.look(picture("recording"));
    }],
    [named("a cut by hand is on air"), async () => {
      const other = (await browser.onAir()) === "cam_1" ? "2" : "1";
      await browser.page.keyboard.press(other);
      await until("its tile is on air", async () => (await browser.onAir()) === `cam_${other}`);
      await has("the cut in the log", ({ type, reason, source }) => type === "switch" && reason === "manual" && source === `cam_${other}`);
      await browser.page.keyboard.press("a");
    }],
    [named("a camera that is pulled is left, and taken up again"), async () => {
      await browser.page.evaluate(() => {
        const [track] = document.querySelectorAll(".tile")[2].querySelector("video").srcObject.getVideoTracks();
        track.stop();
        track.dispatchEvent(new Event("ended"));
      });
      await has("the loss in the log", ({ type, source }) => type === "source_lost" && source === "cam_3");
      await browser.sees("LOST");
      await browser.look(picture("lost"));
      await browser.page.evaluate(() => navigator.mediaDevices.dispatchEvent(new Event("devicechange")));
      await has("its return in the log", ({ type, source }) => type === "source_back" && source === "cam_3");
      await has("its second part", ({ type, file }) => type === "record_start" && file === `cam_3_iso.2.${ending}`);
    }],
    [named("the console directs while the server is dead, and hands back"), async () => {
      dead = [Date.now(), Infinity];
      await server.kill();
      await browser.sees(/out of reach/);
      const other = (await browser.onAir()) === "cam_2" ? "1" : "2";
      await browser.page.keyboard.press(other);
      await until("its tile is on air", async () => (await browser.onAir()) === `cam_${other}`);
      await browser.look(picture("server-dead"));
      await server.start();
      await has("the console's decision in the log", ({ type, epoch, source }) => type === "switch" && epoch > 0 && source === `cam_${other}`);
      await has("the server's epoch", ({ type, by }) => type === "epoch" && by === "server");
      dead[1] = Date.now() + 15_000;
      await browser.page.keyboard.press("a");
    }],
    [named("a page that is reloaded goes on with the show"), async () => {
      await until("some of it", () => clock() > (SECONDS * 1000) / 2);
      reloaded = [Date.now(), Date.now() + 30_000];
      await browser.page.reload();
      await browser.button("Go on recording").waitFor();
      await browser.look(picture("unfinished"));
      await browser.press("Go on recording");
      await browser.button("Stop recording").waitFor();
      await until("the next parts arrive", () => ["program.2", "cam_1_iso.2", "cam_2_iso.2", "cam_3_iso.3"].every((name) => server.recordings(id).includes(`${name}.${ending}`)));
      const back = clock();
      await has("somebody heard again", ({ type, t }) => type === "speaking_start" && t > back);
      await browser.look(picture("resumed"));
      await until("the rest of it", () => clock() > Math.max(SECONDS * 1000, back + 10_000));
    }],
    [named("after the stop everything is on the server"), async () => {
      await browser.press("Stop recording");
      await browser.press("Stop");
      await browser.sees("Everything is on the server");
      await browser.look(picture("stopped"));
      await ended(server, id);
    }],
    [named("it can be watched, and is among the shows"), async () => {
      await browser.page.getByRole("link", { name: "Watch it" }).click();
      await until("the program can be seen", () => browser.page.evaluate(() => document.querySelector("main video")?.readyState >= 2));
      await browser.look(picture("show"));
      await browser.page.locator(".shots .span").last().click();
      await until("it plays from that shot on", () => browser.page.evaluate(() => {
        const video = document.querySelector("main video");
        return video.currentTime > 3 && video.readyState >= 2 && !video.seeking && !video.paused;
      }));
      await browser.page.getByRole("link", { name: "Shows", exact: true }).click();
      await browser.sees(`A show by ${recorder}`);
      await sleep(1000); /* its poster */
      await browser.look(picture("shows"));
    }],
    [named("the browser's console was silent but for the dead server"), () => assert.deepEqual(unexplained(browser, dead, reloaded), [])],
    [named("recordings, log and program are what they should be"), () => checkShow(server, id, recorder)],
    [named("browser and server end"), () => endAll(browser, server)],
  ], () => browser.keep(picture("failed")));
}

/* ---- devices as browsers give them: permission, two cameras, their microphones ---- */

function deviceShow() {
  let server, browser, id;
  const voice = join(BUILD, "browser-voice.wav");
  const one = (name) => browser.page.locator("button", { hasText: name }).click();
  return inTurn([
    ["devices: who has no token is asked for it", async () => {
      execFileSync("ffmpeg", ["-v", "error", "-y", "-i", join(cameras, "host.mp4"), "-vn", "-ar", "48000", "-ac", "1", voice]);
      server = await Server.start(cameras);
      browser = await Browser.open("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream=device-count=3,fps=20", `--use-file-for-fake-audio-capture=${voice}`);
      await browser.page.goto(server.address);
      await browser.page.getByLabel("Token").fill("not-this-one");
      await browser.press("Open the studio");
      await browser.sees("this token is not known here");
      await browser.look("login");
      await browser.page.getByLabel("Token").fill(TOKEN);
      await browser.press("Open the studio");
      await browser.sees("Set up your show");
      browser.said.length = 0; /* who has no token yet is refused: that is said */
    }],
    ["devices: cameras are chosen, and their sound is checked", async () => {
      await allowDevices(browser.page, browser.button("fake_device_2"));
      await browser.look("cameras");
      await one("fake_device_0"); /* the second is a depth camera */
      await one("fake_device_2");
      await until("two pictures", async () => (await browser.page.locator(".source video").count()) === 2);
      await browser.page.getByLabel("Size").selectOption("360");
      await browser.press("Sound check, one after another");
      await browser.press("Start");
      await browser.look("sound-check");
      await browser.page.getByRole("button", { name: /^Next:/ }).click({ timeout: LONG_MS });
      await browser.press("Done");
    }],
    ["devices: they are recorded until the stop", async () => {
      await browser.press("Record");
      await browser.button("Stop recording").waitFor();
      id = await until("a show on the server", async () => (await server.ask("/sessions")).sessions[0]?.id);
      await until("three recordings", () => server.recordings(id).length === 3);
      await until("somebody speaks", () => server.log(id).some(({ type }) => type === "speaking_start"));
      await browser.page.keyboard.press("?");
      await browser.look("keys");
      await browser.page.keyboard.press("Escape");
      await browser.press("Settings");
      await browser.look("settings");
      await browser.page.keyboard.press("Escape");
      await browser.press("Stop recording");
      await browser.look("stop");
      await browser.press("Stop");
      await browser.sees("Everything is on the server");
      await ended(server, id);
    }],
    ["devices: the browser's console was silent", () => assert.deepEqual(unexplained(browser, [0, 0]), [])],
    ["devices: recordings and log are whole", () => checkShow(server, id, "devices")],
    ["devices: browser and server end", () => endAll(browser, server)],
  ], () => browser.keep("devices-failed"));
}

const SHOWS = { devices: deviceShow, webcodecs: () => playedShow("webcodecs"), mediarecorder: () => playedShow("mediarecorder") };
const wanted = process.argv.slice(2);
makeCameras();
const failed = await runTap(Object.keys(SHOWS).filter((name) => wanted.length === 0 || wanted.includes(name)).flatMap((name) => SHOWS[name]()));
process.exit(failed ? 1 : 0);
