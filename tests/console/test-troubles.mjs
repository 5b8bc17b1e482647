// What goes wrong around a show, in Chromium with the console as it is shipped: each is said, in words,
// and the recording goes on. One show after the other, in small pictures; waits are long, for a
// machine that is busy, and no time is measured.
import assert from "node:assert/strict";
import { launch, packageOf, runTap } from "./browser.mjs";
import { LONG, onAir, openConsole, record, said, sampleShow, small, stop, unsaid } from "./shows.mjs";
import { Server, until } from "../browser/studio.mjs";

packageOf("playwright-core");
const server = await Server.start(sampleShow());
const browser = await launch([
  "--autoplay-policy=no-user-gesture-required",
  "--use-fake-ui-for-media-stream",
  "--use-fake-device-for-media-stream=device-count=1,fps=5",
]);
const errors = [];

const open = (context) => openConsole(context, server, errors);
const newContext = () => browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });

let context, page, id;
const failed = await runTap([
  ["the sample show opens from a clean start, and its wide camera has no microphone", async () => {
    context = await newContext();
    page = await open(context);
    await page.getByRole("button", { name: "Open a sample show" }).click();
    await page.locator(".source video").nth(3).waitFor(LONG);
    assert.equal(await page.getByLabel("Microphone of Wide").inputValue(), "");
    assert.equal(await page.getByLabel("Name of the show").inputValue(), "Sample show");
    await page.getByText("3 microphones").waitFor(LONG);
    await small(page);
    id = await record(page, server);
    assert.deepEqual(server.log(id)[0].sources.map(({ role }) => role), ["person", "person", "person", "wide"]);
  }],
  ["without a network the console directs, and says so, and the server has it all afterwards", async () => {
    await context.setOffline(true);
    await said(page, "The link to the server is down.");
    await page.keyboard.press("2");
    await onAir(page, 2);
    await page.waitForTimeout(5000);
    await context.setOffline(false);
    await unsaid(page, "The link to the server is down.");
    await until("the server decides again", () => server.log(id).some(({ type, by }) => type === "epoch" && by === "server"));
    const log = server.log(id);
    assert.ok(log.some(({ type, by }) => type === "epoch" && by === "console"), "no epoch of the console in the log");
    assert.ok(log.some(({ type, source, epoch }) => type === "switch" && source === "cam_2" && epoch > 0), "its cut is not in the log");
  }],
  ["a second tab leaves the recording of the first alone", async () => {
    const other = await open(context);
    await other.waitForTimeout(2000);
    assert.equal(await other.getByRole("button", { name: /Go on recording|Send|Discard/ }).count(), 0, await other.locator("main").innerText());
    await other.close();
    await page.keyboard.press("3");
    await onAir(page, 3);
    await stop(page, server, id);
    const log = server.log(id);
    assert.equal(new Set(log.map(({ id }) => id)).size, log.length, "an event is there twice");
    assert.deepEqual(server.recordings(id), ["cam_1_iso.mkv", "cam_2_iso.mkv", "cam_3_iso.mkv", "cam_4_iso.mkv", "program.mkv"]);
    await context.close();
  }],
  ["nothing went wrong within the page", async () => assert.deepEqual(errors, [])],
]);
await browser.close();
await server.end();
process.exitCode = failed > 0 ? 1 : 0;
