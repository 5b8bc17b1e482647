// What a recording costs: WebCodecs against MediaRecorder and a canvas. See README.md.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { ffprobe, makeClip, soundAfterPicture } from "../../tests/console/clips.mjs";
import { SESSION, bundle, coresDuring, openCameras, wait, withPage } from "./page.mjs";

const [runs, seconds] = [Number(process.argv[2] ?? 5), Number(process.argv[3] ?? 15)];
const RATE = 30;
const folder = mkdtempSync(join(tmpdir(), "crosscut-bench-"));

const begin = (page) =>
  page.evaluate(async (id) => {
    await testing.start(id, "cam_1", 0);
    let n = 0;
    window.cutting = setInterval(() => testing.capture().cutTo(`cam_${(++n % 3) + 1}`, 0, `d${n}`), 1500);
  }, SESSION);

const end = (page) =>
  page.evaluate(async () => {
    clearInterval(window.cutting);
    await testing.capture().stop();
    return testing.log;
  });

async function takeFile(page, name) {
  const path = join(folder, name);
  writeFileSync(path, Buffer.from(await page.evaluate(([id, n]) => testing.fileText(id, n), [SESSION, name]), "base64"));
  return path;
}

// Frames of each file, of those that its length makes due.
async function framesOf(page, log) {
  const kept = {};
  for (const { event, value } of log) {
    if (event !== "recordStop") continue;
    const [{ name, end: until }] = value;
    const { start } = log.find((entry) => entry.event === "recordStart" && entry.value[0].name === name).value[0];
    const frames = ffprobe(await takeFile(page, name), "v", "packet=pts_time").length;
    kept[name.split(/[_.]iso|\./)[0]] = frames / (((until - start) / 1000) * RATE);
  }
  return kept;
}

const record = (recorder) =>
  withPage(async (page, profile) => {
    await openCameras(page, recorder);
    const idle = await coresDuring(profile, () => wait(4000));
    let cores = 0;
    await begin(page);
    cores = await coresDuring(profile, () => wait(seconds * 1000));
    const log = await end(page);
    const kept = await framesOf(page, log);
    const reduced = log.filter((entry) => entry.event === "reduced").map((entry) => entry.value[0]);
    return { idle, cores: cores - idle, all: cores, kept, reduced };
  });

const inStep = () =>
  withPage(async (page) => {
    await page.evaluate(async () => {
      await testing.open([{ id: "cam_1", picture: { kind: "sample", url: "/clip.mp4" }, microphone: "own" }]);
      await testing.settle();
    });
    await begin(page);
    await wait(seconds * 1000);
    await end(page);
    return soundAfterPicture(await takeFile(page, "cam_1_iso.mkv"));
  });

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const percent = (share) => `${(100 * share).toFixed(1)} %`;
const keptText = (kept) => Object.entries(kept).map(([name, share]) => `${name} ${percent(share)}`).join(", ");

const results = { webcodecs: [], mediarecorder: [] };
for (let run = 1; run <= runs; run++) {
  for (const recorder of ["webcodecs", "mediarecorder"]) {
    const result = await record(recorder);
    results[recorder].push(result);
    console.log(
      `${run} ${recorder.padEnd(13)} ${result.cores.toFixed(2)} cores (${result.all.toFixed(2)} with cameras and page), ` +
        `kept: ${keptText(result.kept)}; load ${loadavg()[0].toFixed(1)}${result.reduced.length ? `; ${result.reduced}` : ""}`,
    );
  }
}
const cores = (recorder, which) => median(results[recorder].map((result) => result[which]));
const lost = (recorder, program) =>
  median(results[recorder].map(({ kept }) => 1 - Math.min(...Object.keys(kept).filter((name) => (name === "program") === program).map((name) => kept[name]))));
for (const recorder of Object.keys(results)) {
  console.log(
    `median ${recorder}: ${cores(recorder, "cores").toFixed(2)} cores, lost ${percent(lost(recorder, true))} of the program, ` +
      `${percent(lost(recorder, false))} of the worst camera`,
  );
}
console.log(`WebCodecs / MediaRecorder: ${(cores("webcodecs", "cores") / cores("mediarecorder", "cores")).toFixed(2)} × for the recording, ` +
  `${(cores("webcodecs", "all") / cores("mediarecorder", "all")).toFixed(2)} × with cameras and page`);

makeClip(join(bundle, "clip.mp4"), 1, seconds + 5);
const offsets = await inStep();
console.log(`sample: sound after picture, ms: median ${median(offsets).toFixed(0)}, from ${offsets[0].toFixed(0)} to ${offsets.at(-1).toFixed(0)}`);
rmSync(folder, { recursive: true, force: true });
