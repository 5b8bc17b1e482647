// Highlights whose edges were encoded and whose rest was copied, in Chromium: every picture is the one
// that the program shows at that moment, and it plays through without a complaint.
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import assert from "node:assert/strict";
import { SOURCE, launch, runTap } from "../console/browser.mjs";

// In the page: goes to each moment and reads the frame code (samples/frame-code.h) at the bottom.
async function readCodes({ name, moments }) {
  const video = document.createElement("video");
  video.muted = true;
  video.src = name;
  document.body.append(video);
  await new Promise((done, fail) => {
    video.onloadeddata = done;
    video.onerror = () => fail(new Error(video.error.message));
  });
  // A busy machine says "seeked" before it shows the picture: the picture itself says when it is.
  const shown = (moment) =>
    new Promise((done) => {
      const look = (_, { mediaTime }) => (Math.abs(mediaTime + 1 / 60 - moment) < 1 / 60 ? done() : video.requestVideoFrameCallback(look));
      video.requestVideoFrameCallback(look);
      setTimeout(done, 3000);
    });
  const cells = 32;
  const canvas = new OffscreenCanvas(cells * 8, 4);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const codes = [];
  for (const moment of moments) {
    const seeked = new Promise((done) => (video.onseeked = done));
    const there = shown(moment);
    video.currentTime = moment;
    await seeked;
    await there;
    if (video.error) throw new Error(`${name} at ${moment}: ${video.error.message}`);
    const strip = Math.floor(video.videoHeight / 32);
    context.drawImage(video, 0, video.videoHeight - strip, video.videoWidth, strip, 0, 0, canvas.width, 4);
    const { data } = context.getImageData(0, 0, canvas.width, 4);
    let code = "";
    for (let cell = 0; cell < cells; cell++) code += data[4 * (2 * canvas.width + cell * 8 + 4)] > 127 ? "1" : "0";
    codes.push(code);
  }
  video.remove();
  return codes;
}

// In the page: plays it to its end, quickly.
async function play(name) {
  const video = document.createElement("video");
  video.muted = true;
  video.src = name;
  video.playbackRate = 4;
  const ended = new Promise((done, fail) => {
    video.onended = () => done(video.currentTime);
    video.onerror = () => fail(new Error(video.error.message));
  });
  await video.play();
  const end = await ended;
  const { corruptedVideoFrames, totalVideoFrames } = video.getVideoPlaybackQuality();
  return { end, duration: video.duration, corruptedVideoFrames, totalVideoFrames };
}

// With ranges, as the studio serves files: without them Chromium does not seek.
function serveFiles(folder) {
  const server = createServer(async (request, response) => {
    const name = new URL(request.url, "http://x").pathname.slice(1);
    if (!name.endsWith(".mp4")) return response.writeHead(200, { "Content-Type": "text/html" }).end("<!doctype html>");
    const bytes = await readFile(join(folder, name));
    const [, from = "0", to = ""] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? "") ?? [];
    const first = Number(from);
    const last = to ? Number(to) : bytes.length - 1;
    response.writeHead(206, {
      "Content-Type": "video/mp4",
      "Accept-Ranges": "bytes",
      "Content-Range": `bytes ${first}-${last}/${bytes.length}`,
      "Content-Length": last - first + 1,
    });
    return response.end(bytes.subarray(first, last + 1));
  });
  return new Promise((done) => {
    server.listen(0, "127.0.0.1", () => done({ address: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() }));
  });
}

const work = await mkdtemp(join(tmpdir(), "crosscut-highlights-"));
const made = JSON.parse(
  execFileSync(join(SOURCE, "tests/support/venv-python"), [join(SOURCE, "tests/browser/make-recorded.py"), work], { encoding: "utf8" }),
);
const files = await serveFiles(made.folder);
const browser = await launch(["--autoplay-policy=no-user-gesture-required"]);
const page = await browser.newPage();
await page.goto(files.address);

const failed = await runTap([
  [
    "every picture of the highlights is the program's of that moment",
    async () => {
      const shown = await page.evaluate(readCodes, { name: "highlights.mp4", moments: made.pairs.map((pair) => pair[0]) });
      const wanted = await page.evaluate(readCodes, { name: "program.mp4", moments: made.pairs.map((pair) => pair[1]) });
      const wrong = shown.flatMap((code, i) => (code === wanted[i] ? [] : [i]));
      for (const i of [...wrong].slice(0, 20)) { // looked at again: what is wrong stays so
        const [again] = await page.evaluate(readCodes, { name: "highlights.mp4", moments: [made.pairs[i][0]] });
        const [there] = await page.evaluate(readCodes, { name: "program.mp4", moments: [made.pairs[i][1]] });
        if (again === there) wrong.splice(wrong.indexOf(i), 1);
      }
      console.log(`# ${shown.length} pictures, ${new Set(shown).size} different`);
      assert.deepEqual(wrong, []);
      assert.equal(new Set(shown).size, shown.length, "a picture is shown twice");
    },
  ],
  [
    "they play through",
    async () => {
      const played = await page.evaluate(play, "highlights.mp4");
      console.log(`# ${JSON.stringify(played)}`);
      assert.equal(played.corruptedVideoFrames, 0);
      assert.ok(Math.abs(played.end - played.duration) < 0.1);
      assert.ok(Math.abs(played.duration - made.pairs.at(-1)[0]) < 0.1);
    },
  ],
]);
await browser.close();
files.close();
await rm(work, { recursive: true, force: true });
process.exit(failed ? 1 : 0);
