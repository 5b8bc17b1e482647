// A show that goes live from the console in Chromium: played cameras that show their number and the
// number of each frame, the server as it is shipped, a real RTMP server (Debian's nginx). What that
// recorded is held against what was on air.
import { rmSync } from "node:fs";
import assert from "node:assert/strict";
import { packageOf, runTap } from "../console/browser.mjs";
import { complaints } from "../console/clips.mjs";
import { Rtmp, camerasOf, codesOf, needsRtmp, timesOf } from "./live.mjs";
import { Browser, Server, TOKEN, inTurn, sleep, until } from "./studio.mjs";

packageOf("playwright-core");
needsRtmp();
const cameras = camerasOf();
let rtmp, server, browser, id;
const state = async () => (await server.ask(`/live/${id}`)).destinations[0];

const steps = inTurn([
  ["a show is recorded", async () => {
    rtmp = await Rtmp.start();
    server = await Server.start(cameras, "--allow-private-targets");
    browser = await Browser.open();
    await browser.page.goto(`${server.address}/#token=${TOKEN}`);
    await browser.sees("Set up your show");
    await browser.press("Open a sample show");
    await until("three pictures", async () => (await browser.page.locator(".source video").count()) === 3);
    await browser.page.getByLabel("Size").selectOption("360");
    await browser.page.getByLabel("Name of the show").fill("A live show");
    await browser.press("Record");
    await browser.button("Stop recording").waitFor();
    id = await until("a show on the server", async () => (await server.ask("/sessions")).sessions[0]?.id);
  }],
  ["a destination is saved, and the show goes live by keyboard", async () => {
    await browser.page.keyboard.press("l");
    await browser.sees("No destination yet");
    await browser.page.getByLabel("Name", { exact: true }).fill("My server");
    await browser.page.getByLabel("Address").fill("https://example.org/live");
    await browser.press("Save");
    await browser.sees("Expected an address that begins with rtmp:// or rtmps://");
    await browser.look("wrong-address");
    await browser.page.getByLabel("Address").fill(rtmp.url);
    await browser.page.getByLabel(/Stream key/).fill("studio-key");
    await browser.press("Save");
    await browser.sees(rtmp.url);
    await browser.press("Test My server");
    await browser.sees("Works: it took the stream");
    for (const path of rtmp.recordings()) rmSync(path); // of the test
    await browser.look("go-live");
    await browser.page.locator("dialog").getByRole("button", { name: "Go live", exact: true }).click();
    await browser.page.getByRole("heading", { name: "On air" }).waitFor();
    await until("the destination is live", async () => (await state()).state === "live");
    await browser.page.getByText("Mbit/s").or(browser.page.getByText("kbit/s")).first().waitFor();
    await browser.look("live");
  }],
  ["cuts by hand are on air", async () => {
    for (const key of ["2", "3", "1"]) {
      await browser.page.keyboard.press(key);
      await until("its tile is on air", async () => (await browser.onAir()) === `cam_${key}`);
      await sleep(2500);
    }
    const { frames } = await state();
    await until("more is sent", async () => (await state()).frames > frames + 30);
  }],
  ["a page that is reloaded is stood in for, and comes back", async () => {
    await browser.page.reload();
    await browser.button("Go on recording").waitFor();
    await until("the slate", async () => (await server.ask(`/live/${id}`)).program.slate);
    await sleep(1000); // ten pictures of it
    await browser.press("Go on recording");
    await browser.button("Stop recording").waitFor();
    await until("the program again", async () => !(await server.ask(`/live/${id}`)).program.slate);
    await sleep(4000);
  }],
  ["the stream ends after asking, and recording goes on", async () => {
    await browser.press("End live");
    await browser.look("end-live");
    await browser.page.locator("dialog").getByRole("button", { name: "End live", exact: true }).click();
    await until("it has ended", async () => (await server.ask(`/live/${id}`)).state === "ended");
    assert.equal((await server.ask(`/sessions/${id}`)).state, "recording");
    await browser.press("Stop recording");
    await browser.press("Stop");
    await browser.sees("Everything is on the server");
  }],
  ["what viewers saw is one stream of the right cameras", async () => {
    await rtmp.end();
    const [path, ...others] = rtmp.recordings();
    assert.deepEqual(others, [], "the stream was cut");
    const codes = codesOf(path);
    const shown = codes.filter(Boolean).map(([camera]) => camera);
    assert.deepEqual([...new Set(shown)].sort(), [1, 2, 3]);
    const order = shown.filter((camera, i) => camera !== shown[i - 1]).join("");
    assert.match(order, /231/, "cuts by hand, in their order");
    const slates = codes.filter((code) => code === null).length;
    assert.ok(slates > 5 && slates < codes.length / 2, `${slates} pictures of the slate among ${codes.length}`);
    for (const kind of ["v", "a"]) {
      const times = timesOf(path, kind);
      const steps = times.slice(1).map((t, i) => t - times[i]);
      assert.ok(Math.min(...steps) > 0 && Math.max(...steps) < 2.5, `${kind}: steps ${Math.min(...steps)} to ${Math.max(...steps)} s`);
    }
    assert.equal(complaints(path), "");
  }],
  ["no key is in the console or in the log", async () => {
    assert.ok(!(await browser.page.content()).includes("studio-key"));
    assert.ok(!server.said.join("").includes("studio-key"));
  }],
  ["browser and servers end", async () => {
    await browser?.end();
    await server?.end();
    await rtmp?.end();
    if (rtmp) rmSync(rtmp.folder, { recursive: true });
  }],
], async () => {
  await browser?.keep("live-failed").catch(() => {});
  server?.tell();
}, "live: ");

process.exit((await runTap(steps)) ? 1 : 0);
