// Devices and the browser's storage as they really are, in Chromium with the console as it is shipped:
// microphones that hear each other, are muted or unplugged; a camera that another tab records; storage
// that is full; a large picture; a screen. Each is said in words, and the recording goes on. Waits are
// long, for a machine that is busy, and no time is measured.
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { allowDevices, packageOf, runTap } from "./browser.mjs";
import { complaints, ffprobe } from "./clips.mjs";
import { furnish, openRoom, voiceOf } from "./room.mjs";
import { LONG, onAir, openConsole, record, running, said, sampleShow, small, stop as stopShow, unsaid } from "./shows.mjs";
import { lookAt, Server, until } from "../browser/studio.mjs";

packageOf("playwright-core");
const shows = sampleShow();
const server = await Server.start(shows);
const room = await openRoom("--auto-accept-this-tab-capture", "--auto-select-tab-capture-source-by-title=Crosscut");
const { context } = room;
await context.addInitScript(furnish);
const errors = [];
const voice = voiceOf(shows, "host.mp4");

const open = () => openConsole(context, server, errors);

async function takeCameras(page) {
  await page.evaluate((wav) => window.room.seat(wav), voice);
  const both = page.getByRole("button", { name: "Use both cameras" });
  await allowDevices(page, both);
  await both.click();
  await page.locator(".source video").nth(1).waitFor(LONG);
  await small(page);
}

const talk = (page, loudness) => page.evaluate((how) => window.room.talk(how), loudness);

async function stop(page, id) {
  await stopShow(page, server, id);
  for (const { t, file, start } of server.log(id).filter(({ type }) => type === "record_start"))
    assert.ok(start <= t, `${file} began at ${start}, and that was known at ${t}`);
  for (const name of server.recordings(id)) assert.equal(complaints(join(server.showFolder(id), name)), "", name);
}

/* Both microphones, one person after the other; `apart`: how much of a voice the other one hears. */
async function checkSound(page, apart) {
  const check = page.getByRole("dialog");
  await page.getByRole("button", { name: "Sound check, one after another" }).click();
  for (const [button, loudness] of [["Start", { "near-a": 1, "near-b": apart }], [/^Next:/, { "near-a": apart, "near-b": 1 }]]) {
    await talk(page, loudness);
    await check.getByRole("button", { name: button }).click();
    await check.getByText("keep talking").waitFor(LONG);
    await check.getByText(/^Heard/).waitFor(LONG);
  }
  const words = await check.innerText();
  await check.getByRole("button", { name: "Done" }).click();
  await talk(page, { "near-a": 0, "near-b": 0 });
  return words;
}

const savedGains = (page) => page.evaluate(() => JSON.parse(localStorage.getItem("crosscut")).gains);
const sizeOf = (id, name) => statSync(join(server.showFolder(id), name)).size;
/* Its quota is what the browser says it is: less than it holds, or (null) as usual. */
async function setQuota(page, bytes) {
  const session = await context.newCDPSession(page);
  await session.send("Storage.overrideQuotaForOrigin", { origin: server.address, ...(bytes === null ? {} : { quotaSize: bytes }) });
}

let page, id;
const failed = await runTap([
  ["microphones that hear each other are found out by the sound check", async () => {
    page = await open();
    await takeCameras(page);
    assert.match(await checkSound(page, 0.9), /Heard, but not alone/);
    await said(page, "hear the others nearly as loud");
    assert.match(await page.locator("main").innerText(), /others are too loud in the microphone/);
    await lookAt(page, "sound-poor");
  }],
  ["microphones that are apart are found good, and the warning goes", async () => {
    assert.match(await checkSound(page, 0.05), /Heard well.*dB quieter here: good/s);
    await unsaid(page, "hear the others nearly as loud");
    await page.locator(".checks").getByText("Sound checked", { exact: true }).waitFor();
  }],
  ["the gains are in the log, and kept for the next visit", async () => {
    const gains = await savedGains(page);
    assert.deepEqual(Object.keys(gains).sort(), ["near-a:0", "near-b:0"]);
    id = await record(page, server);
    const line = await until("the gains are in the log", () => server.log(id).find(({ type }) => type === "gains"));
    for (const [source, mic] of [["cam_1", "near-a:0"], ["cam_2", "near-b:0"]]) {
      assert.equal(line.gains[source], Math.round(gains[mic] * 10) / 10);
      assert.ok(line.isolation[source] > 15, `${source}: ${line.isolation[source]} dB apart`);
    }
    const other = await open();
    await takeCameras(other);
    await other.locator(".checks").getByText("Sound checked", { exact: true }).waitFor();
    assert.deepEqual(await savedGains(other), gains);
    await other.close();
  }],
  ["a camera that one tab records is refused to another, in words", async () => {
    const other = await open();
    await takeCameras(other);
    await other.getByRole("button", { name: "Record", exact: true }).click();
    await other.getByRole("alert").filter({ hasText: "is being recorded in another tab" }).waitFor(LONG);
    await other.getByRole("button", { name: "Record", exact: true }).waitFor();
    await lookAt(other, "other-tab");
    assert.deepEqual((await running(server)).map((show) => show.id), [id]);
    await other.close();
  }],
  ["r09: a microphone that is unplugged is said, the director leaves its person, and comes back with it", async () => {
    await talk(page, { "near-a": 1, "near-b": 0.05 });
    await onAir(page, 1);
    await page.evaluate(() => window.room.unplug("near-a"));
    await said(page, "This microphone was unplugged.");
    await lookAt(page, "microphone-gone");
    await talk(page, { "near-a": 0.05, "near-b": 1 });
    await onAir(page, 2);
    await page.evaluate(() => window.room.plugIn("near-a"));
    await unsaid(page, "This microphone was unplugged.");
    await talk(page, { "near-a": 1, "near-b": 0.05 });
    await onAir(page, 1);
  }],
  ["r09: a microphone that is muted is said, and unsaid when it is heard again", async () => {
    await page.evaluate(() => window.room.mute("near-b", true));
    await said(page, "This microphone is muted.");
    await page.evaluate(() => window.room.mute("near-b", false));
    await unsaid(page, "This microphone is muted.");
    const log = server.log(id);
    assert.deepEqual(log.filter(({ type }) => type === "source_lost"), [], "a camera whose microphone is gone is still a camera");
  }],
  ["r05: a browser without room says so, and everything is recorded and sent all the same", async () => {
    await setQuota(page, 1000);
    await said(page, "This browser's storage is full.");
    const before = server.recordings(id).map((name) => [name, sizeOf(id, name)]);
    await until("every recording grows on the server", () => before.every(([name, bytes]) => sizeOf(id, name) > bytes + 50_000));
    await page.keyboard.press("2");
    await onAir(page, 2);
    await lookAt(page, "storage-full");
    await setQuota(page, null);
    await unsaid(page, "This browser's storage is full.");
    await stop(page, id);
    assert.deepEqual(server.recordings(id), ["cam_1_iso.mkv", "cam_2_iso.mkv", "program.mkv"]);
  }],
  ["r05: a show can begin without any room", async () => {
    await page.getByRole("button", { name: "New show" }).click();
    await setQuota(page, 1000);
    id = await record(page, server);
    await said(page, "This browser's storage is full.");
    await until("it is long enough", () => sizeOf(id, "cam_1_iso.mkv") > 300_000);
    await stop(page, id);
    await setQuota(page, null);
  }],
  ["r05: of a show whose end was only in memory, the server has more than the browser", async () => {
    await page.getByRole("button", { name: "New show" }).click();
    id = await record(page, server);
    await until("some of it is in storage", () => sizeOf(id, "cam_1_iso.mkv") > 200_000);
    await setQuota(page, 1000);
    await said(page, "This browser's storage is full.");
    const before = sizeOf(id, "cam_1_iso.mkv");
    await until("the rest goes straight to the server", () => sizeOf(id, "cam_1_iso.mkv") > before + 200_000);
    await setQuota(page, null);
    await page.close({ runBeforeUnload: false });
    page = await open();
    await page.getByRole("button", { name: "Go on recording" }).click();
    await page.getByRole("button", { name: "Stop recording" }).waitFor(LONG);
    await until("the next parts arrive", () => server.recordings(id).includes("cam_1_iso.2.mkv"));
    await stop(page, id);
    assert.ok(sizeOf(id, "cam_1_iso.mkv") > before + 200_000, "what was sent is kept");
  }],
  ["1080p at 30 pictures a second is recorded as that", async () => {
    await page.getByRole("button", { name: "New show" }).click();
    await page.getByRole("button", { name: /^Remove/ }).nth(1).click();
    await page.getByLabel("Size").selectOption("1080");
    await page.getByLabel("Pictures a second").selectOption("30");
    id = await record(page, server);
    await until("a few seconds of it", () => sizeOf(id, "cam_1_iso.mkv") > 400_000);
    await stop(page, id);
    for (const name of ["program.mkv", "cam_1_iso.mkv"]) {
      assert.deepEqual(ffprobe(join(server.showFolder(id), name), "v", "stream=width"), ["1920"]);
      assert.deepEqual(ffprobe(join(server.showFolder(id), name), "v", "stream=height"), ["1080"]);
    }
  }],
  ["a screen is a source: shared, recorded, lost when it is no longer shared, and shared again", async () => {
    await page.getByRole("button", { name: "New show" }).click();
    await page.getByLabel("Size").selectOption("360");
    await page.getByRole("button", { name: "A screen or slides" }).click();
    await page.locator(".source video").nth(1).waitFor(LONG);
    id = await record(page, server);
    await page.keyboard.press("2");
    await onAir(page, 2);
    await page.evaluate(() => {
      const [track] = document.querySelectorAll(".tile")[1].querySelector("video").srcObject.getVideoTracks();
      track.stop();
      track.dispatchEvent(new Event("ended"));
    });
    await said(page, "The screen is no longer shared.");
    await lookAt(page, "screen-gone");
    await onAir(page, 1);
    await page.getByRole("button", { name: "Share again" }).click();
    await unsaid(page, "The screen is no longer shared.");
    await until("its next part arrives", () => server.recordings(id).some((name) => /_iso\.2\.mkv$/.test(name)));
    await stop(page, id);
  }],
  ["nothing went wrong within the page", async () => assert.deepEqual(errors, [])],
]);
await room.close();
await server.end();
process.exitCode = failed > 0 ? 1 : 0;
