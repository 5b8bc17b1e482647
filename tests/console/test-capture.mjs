// Capture and the spool in a real browser: records, takes the files out of the browser's storage, and
// looks at them with ffmpeg.
//   node tests/console/test-capture.mjs [WORD…]     only tests whose name has one of the words
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runTap } from "./browser.mjs";
import { complaints, ffprobe, makeClip, readFrames, soundAfterPicture } from "./clips.mjs";
import { buildBundle, openPage } from "./profile.mjs";

const SESSION = "11111111-1111-4111-8111-111111111111";
const PAGE = "/capture.html";
const bundle = buildBundle("console-capture");
const folder = mkdtempSync(join(tmpdir(), "crosscut-capture-"));
[1, 2, 3].forEach((camera) => makeClip(join(bundle, `clip_${camera}.mp4`), camera));
const tests = [];
const test = (name, work) => tests.push([name, work]);

async function withPage(work) {
  const site = await openPage(bundle, PAGE);
  try {
    const visit = await site.visit();
    await visit.page.waitForFunction(() => window.testing);
    await work(visit);
    assert.deepEqual(visit.errors, []);
  } finally {
    await site.close();
  }
}

/* Cameras of the virtual devices: the second is a depth camera. */
const openCameras = (page, count, change = {}) =>
  page.evaluate(async ([n, format]) => {
    const { cameras, microphones } = await testing.cameras();
    const device = (i) => cameras[[0, 2, 0][i]];
    const source = (i) => ({
      id: `cam_${i + 1}`,
      picture: { kind: "camera", deviceId: device(i) },
      microphone: { deviceId: microphones[1 + (i % 2)], channel: 0 },
    });
    await testing.open(Array.from({ length: n }, (_, i) => source(i)), format);
    await testing.settle();
  }, [count, change]);

const openClips = (page, change = {}) =>
  page.evaluate(async (format) => {
    const source = (i) => ({ id: `cam_${i}`, picture: { kind: "sample", url: `/clip_${i}.mp4` }, microphone: "own" });
    await testing.open([1, 2, 3].map(source), format);
    await testing.settle();
  }, change);

/* Records for so long and goes round the sources meanwhile. */
const record = (page, { seconds, every = 1500, lookAhead = 0, sources = 3 }) =>
  page.evaluate(async ([id, length, pause, ahead, count]) => {
    await testing.start(id, "cam_1", ahead);
    const capture = testing.capture();
    for (let i = 1; i * pause < length * 1000; i++) {
      await new Promise((resolve) => setTimeout(resolve, pause));
      capture.cutTo(`cam_${(i % count) + 1}`, ahead ? testing.now() - ahead / 2 : 0, `d${i}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 700 + ahead));
    await capture.stop();
    return { log: testing.log, counts: capture.counts() };
  }, [SESSION, seconds, every, lookAhead, sources]);

async function takeFiles(page, into) {
  const files = await page.evaluate((id) => testing.files(id), SESSION);
  for (const file of files) {
    const text = await page.evaluate(([id, name]) => testing.fileText(id, name), [SESSION, file.name]);
    file.path = join(folder, `${into}-${file.name}`);
    writeFileSync(file.path, Buffer.from(text, "base64"));
  }
  return new Map(files.map((file) => [file.name, file]));
}

const of = (log, event) => log.filter((entry) => entry.event === event).map((entry) => entry.value[0]);

function expectPlayable(files, names) {
  assert.deepEqual([...files.keys()].sort(), [...names].sort());
  for (const { path, name } of files.values()) {
    /* Chromium's MediaRecorder gives two frames one time when it is late: nothing of ours. */
    const lines = complaints(path).split("\n").filter((line) => !name.endsWith(".webm") || !line.includes("increasing dts to muxer"));
    assert.equal(lines.join("\n"), "", name);
  }
}

/* Frames that the shots name, from the right camera, none missing and none twice. */
function expectProgram(frames, log, start) {
  const cuts = of(log, "cut");
  for (const [i, { source, t }] of cuts.entries()) {
    const until = cuts[i + 1]?.t ?? Infinity;
    const shot = frames.filter((frame) => frame.t + start >= t - 1.5 && frame.t + start < until - 1.5);
    assert.ok(shot.length > 0, `cut ${i} shows nothing`);
    for (const frame of shot) assert.equal(`cam_${frame.camera}`, source, `frame at ${frame.t} ms`);
  }
}

test("r14: each program frame is of the camera that its cut names, and sound is in step", async () => {
  await withPage(async ({ page }) => {
    await openClips(page);
    const { log, counts } = await record(page, { seconds: 12 });
    const files = await takeFiles(page, "clips");
    expectPlayable(files, ["program.mkv", "cam_1_iso.mkv", "cam_2_iso.mkv", "cam_3_iso.mkv"]);
    assert.equal(of(log, "cut").length, 7);
    const start = of(log, "recordStart").find((file) => file.source === null).start;
    const frames = readFrames(files.get("program.mkv").path);
    expectProgram(frames, log, start);
    assert.equal(frames.length, counts.programFrames);
    expectInStep(files.get("cam_1_iso.mkv").path);
    expectInStep(files.get("program.mkv").path, 40);
  });
});

/* R8. Sound and picture are laid together by the recording's own times, so that a machine which has other
 * things to do loses pictures, and shifts none. */
function expectInStep(path, mostMs = 20) {
  const offsets = soundAfterPicture(path);
  const middle = offsets[offsets.length >> 1];
  console.log(`# ${path.split("-").pop()}: sound after picture, ms: ${offsets.map((x) => Math.round(x)).join(" ")}`);
  assert.ok(offsets.length >= 5, `only ${offsets.length} beeps`);
  assert.ok(Math.abs(middle) <= mostMs, `sound lies ${middle} ms after its picture`);
}

test("r08: sound and picture stay together while the page is busy", async () => {
  await withPage(async ({ page }) => {
    await openClips(page);
    await page.evaluate(() => {
      setInterval(() => {
        for (const end = performance.now() + 70; performance.now() < end; );
      }, 110);
    });
    await record(page, { seconds: 10 });
    const files = await takeFiles(page, "busy");
    for (const name of ["cam_1_iso.mkv", "cam_2_iso.mkv", "cam_3_iso.mkv"]) expectInStep(files.get(name).path);
    expectInStep(files.get("program.mkv").path, 40); /* whose players do not begin at the very same moment */
  });
});

test("cameras and program are recorded whole, and cut at keyframes", async () => {
  await withPage(async ({ page }) => {
    await openCameras(page, 3);
    const { log, counts } = await record(page, { seconds: 12 });
    const files = await takeFiles(page, "cameras");
    expectPlayable(files, ["program.mkv", "cam_1_iso.mkv", "cam_2_iso.mkv", "cam_3_iso.mkv"]);
    for (const [source, { frames, dropped }] of Object.entries(counts.cameras)) {
      const name = `${source}_iso.mkv`;
      const kept = ffprobe(files.get(name).path, "v", "packet=pts_time").length;
      const { start } = of(log, "recordStart").find((file) => file.name === name);
      const { end } = of(log, "recordStop").find((file) => file.name === name);
      const due = ((end - start) / 1000) * 30;
      console.log(`# ${name}: ${kept} of ${Math.round(due)} frames, ${dropped} dropped of ${frames}`);
      assert.equal(kept, frames - dropped, name);
    }
    assert.equal(ffprobe(files.get("program.mkv").path, "v", "packet=pts_time").length, counts.programFrames);
    assert.equal(of(log, "cut").length, 7);
    assert.deepEqual(of(log, "failed"), []);
    for (const file of files.values()) assert.equal(file.sha256, file.expected, file.name);
  });
});

test("with look-ahead the cut lies before the moment at which it was asked for", async () => {
  await withPage(async ({ page }) => {
    await openClips(page);
    const { log, counts } = await record(page, { seconds: 10, every: 1700, lookAhead: 1500 });
    const files = await takeFiles(page, "ahead");
    expectPlayable(files, ["program.mkv", "cam_1_iso.mkv", "cam_2_iso.mkv", "cam_3_iso.mkv"]);
    const start = of(log, "recordStart").find((file) => file.source === null).start;
    expectProgram(readFrames(files.get("program.mkv").path), log, start);
    assert.ok(counts.programFrames > 0);
  });
});

test("r02: a killed browser loses at most two seconds, and the next visit has the rest", async () => {
  const site = await openPage(bundle, PAGE);
  try {
    const { page, context } = await site.visit();
    await page.waitForFunction(() => window.testing);
    await openCameras(page, 2);
    await page.evaluate((id) => testing.start(id, "cam_1", 0), SESSION);
    await page.waitForFunction(() => testing.now() > 8000);
    const killedAt = await page.evaluate(() => testing.now());
    site.kill();
    await context.close().catch(() => undefined);

    const again = await site.visit();
    await again.page.waitForFunction(() => window.testing);
    const files = await takeFiles(again.page, "killed");
    expectPlayable(files, ["program.mkv", "cam_1_iso.mkv", "cam_2_iso.mkv"]);
    for (const file of files.values()) {
      const times = ffprobe(file.path, "v", "packet=pts_time").map((t) => Number(t) * 1000);
      console.log(`# ${file.name}: whole until ${Math.round(Math.max(...times))}, killed at ${Math.round(killedAt)}`);
      assert.ok(file.isClosed);
      assert.ok(Math.max(...times) > killedAt - 2000, `${file.name} ends at ${Math.max(...times)} of ${killedAt}`);
      assert.ok(file.keptUntil > killedAt - 2000);
    }
  } finally {
    await site.close();
  }
});

test("r09: a camera that is pulled ends its part, and begins a new one when it is back", async () => {
  await withPage(async ({ page }) => {
    await openCameras(page, 2);
    await page.evaluate((id) => testing.start(id, "cam_1", 0), SESSION);
    const log = await page.evaluate(async () => {
      const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
      const capture = testing.capture();
      await wait(2500);
      testing.pull("cam_1");
      await wait(700);
      capture.cutTo("cam_2", 0, "away");
      await wait(2000);
      testing.plugIn();
      await wait(2500);
      capture.cutTo("cam_1", 0, "back");
      await wait(2000);
      await capture.stop();
      return testing.log;
    });
    const files = await takeFiles(page, "pulled");
    expectPlayable(files, ["program.mkv", "cam_1_iso.mkv", "cam_1_iso.2.mkv", "cam_2_iso.mkv"]);
    assert.deepEqual(of(log, "cut").map((cut) => cut.decision), ["away", "back"]);
    const troubles = log.filter((entry) => entry.event === "trouble" && entry.value[0] === "cam_1");
    assert.match(troubles[0].value[1], /unplugged/);
    assert.equal(troubles.at(-1).value[1], null);
  });
});

test("the next show in the same page has a clock of its own", async () => {
  await withPage(async ({ page }) => {
    await openCameras(page, 1);
    const log = await page.evaluate(async ([first, second]) => {
      const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
      /* Storage is slow, and the page goes on saying what time it is in the first. */
      const { create } = testing.spool;
      testing.spool.create = async (...names) => {
        const file = await create(...names);
        const close = file.close.bind(file);
        file.close = () => wait(700).then(close);
        return file;
      };
      await testing.start(first, "cam_1", 0);
      await wait(6000);
      await testing.capture().stop();
      await testing.start(second, "cam_1", 0);
      await wait(3000);
      const now = testing.now();
      await testing.capture().stop();
      return { lines: testing.log, now };
    }, [SESSION, SESSION.replaceAll("1", "2")]);
    const starts = of(log.lines, "recordStart").map(({ name, start }) => [name, start]);
    assert.equal(starts.length, 4);
    for (const [name, start] of starts.slice(2)) assert.ok(start < log.now, `${name} began at ${start} of ${log.now}`);
  });
});

test("cameras whose parameter sets differ fit one file all the same", async () => {
  await withPage(async ({ page }) => {
    const path = join(folder, "two-encoders.mkv");
    writeFileSync(path, Buffer.from(await page.evaluate(() => testing.twoEncoders()), "base64"));
    assert.deepEqual(of(await page.evaluate(() => testing.log), "descriptions"), [2]);
    assert.equal(complaints(path), "");
    const matrices = ffprobe(path, "v", "frame=color_space");
    assert.deepEqual([15, 45, 75].map((i) => matrices[i]), ["bt709", "smpte170m", "bt709"]);
    assert.equal(matrices.length, 90);
  });
});

test("without WebCodecs the same show is recorded with MediaRecorder", async () => {
  await withPage(async ({ page }) => {
    await openClips(page, { recorder: "mediarecorder" });
    const { log } = await record(page, { seconds: 6 });
    const files = await takeFiles(page, "fallback");
    expectPlayable(files, ["program.webm", "cam_1_iso.webm", "cam_2_iso.webm", "cam_3_iso.webm"]);
    assert.deepEqual(of(log, "failed"), []);
    assert.equal(of(log, "cut").length, 3);
    const seen = new Set(readFrames(files.get("program.webm").path).map((frame) => frame.camera));
    assert.deepEqual([...seen].sort(), [1, 2, 3]);
  });
});

const words = process.argv.slice(2);
const failed = await runTap(tests.filter(([name]) => words.length === 0 || words.some((word) => name.includes(word))));
rmSync(folder, { recursive: true, force: true });
process.exit(failed ? 1 : 0);
