// What goes wrong around a show, in Chromium with the console as it is shipped: each is said, in words,
// and the recording goes on. One show after the other, in small pictures; waits are long, for a
// machine that is busy, and no time is measured.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { BUILD, SOURCE, launch, packageOf, runTap } from "./browser.mjs";
import { Server, TOKEN, until } from "../browser/studio.mjs";

packageOf("playwright-core");
const shows = execFileSync("python3", ["-c", "import show; print(show.sample_show())"], {
  cwd: join(SOURCE, "tests/support"),
  env: { ...process.env, CROSSCUT_SOURCE: SOURCE, CROSSCUT_BUILD: BUILD },
  encoding: "utf8",
}).trim();
const LONG = { timeout: 120_000 };
const server = await Server.start(shows);
const browser = await launch([
  "--autoplay-policy=no-user-gesture-required",
  "--use-fake-ui-for-media-stream",
  "--use-fake-device-for-media-stream=device-count=1,fps=5",
]);
const errors = [];

async function open(context) {
  const page = await context.newPage();
  page.on("pageerror", (error) => errors.push(String(error.stack)));
  page.setDefaultTimeout(LONG.timeout);
  await page.goto(`${server.address}/#token=${TOKEN}`);
  await page.getByRole("button", { name: "Open a sample show" }).waitFor();
  return page;
}
const newContext = () => browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });
const said = (page, text) => page.locator(".notice", { hasText: text }).first().waitFor(LONG);
const unsaid = (page, text) => page.locator(".notice", { hasText: text }).first().waitFor({ state: "detached", ...LONG });
const onAir = (page, camera) => page.locator(".program .badges", { hasText: `camera ${camera}` }).waitFor(LONG);
const small = async (page) => {
  await page.getByLabel("Size").selectOption("360");
  await page.getByLabel("Pictures a second").selectOption("24");
};

async function record(page) {
  await page.getByRole("button", { name: "Record", exact: true }).click();
  await page.getByRole("button", { name: "Stop recording" }).waitFor(LONG);
  const id = await until("the server has the show", async () => (await server.ask("/sessions")).sessions.find(({ state }) => state === "recording")?.id);
  await until("something of every recording is on the server", () => server.recordings(id).length >= 2 && server.log(id).filter(({ type }) => type === "record_start").length >= 2);
  return id;
}

async function stop(page, id) {
  await page.getByRole("button", { name: "Stop recording" }).click();
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await page.getByText("Everything is on the server.").waitFor(LONG);
  await until("the show is complete", async () => (await server.ask(`/sessions/${id}`)).state === "complete");
  execFileSync(join(BUILD, "crosscut"), ["verify", server.showFolder(id)], { stdio: ["ignore", "ignore", "inherit"] });
}

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
    id = await record(page);
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
    await stop(page, id);
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
