// Every view of the console in Chromium, against a studio that is made up: axe finds nothing, the
// page's policy is obeyed, nothing is said on the browser's console. Leaves a picture of each in
// build/console-pictures.
//   node tests/console/test-views.mjs [SCENE…]     only these
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import assert from "node:assert/strict";
import { BUILD, SOURCE, launch, packageOf, pathOf, runTap, serve } from "./browser.mjs";

packageOf("playwright-core");
const bundle = join(BUILD, "console-views");
execFileSync(join(SOURCE, "console/node_modules/.bin/vite"), ["build", "--mode", "test", "--outDir", bundle, "--emptyOutDir", "--logLevel", "error"], {
  cwd: join(SOURCE, "console"),
  env: { ...process.env, CROSSCUT_BUILD: BUILD },
});
const pictures = join(BUILD, "console-pictures");
mkdirSync(pictures, { recursive: true });

const studio = (scene) => `?scene=${scene}`;
const click = (name) => (page) => page.getByRole("button", { name, exact: true }).first().click();
// Of a guest's page; the others are looked at when they are named.
const OFTEN = ["invited", "green", "off", "next", "muted", "trouble", "left"];
const SELDOM = ["denied", "agreed", "air", "waiting", "over", "removed"];
// name: address, what to do before looking
const SCENES = {
  login: [studio("login")],
  welcome: [studio("welcome")],
  choose: [studio("choose")],
  denied: [studio("denied")],
  "no-https": [studio("no-https")],
  unfinished: [studio("unfinished")],
  setup: [studio("setup")],
  phone: [studio("setup"), click("A phone as camera")],
  "sound-check": [studio("setup"), async (page) => { await click("Check again the sound of Tomas")(page); await click("Start")(page); }],
  recording: [studio("recording")],
  manual: [studio("manual")],
  trouble: [studio("trouble")],
  guests: [studio("guests")],
  "guest-remove": [studio("guests"), click("Remove Tomas")],
  "guest-add": [studio("setup-guests"), click("A guest from elsewhere")],
  "guest-link": [studio("setup-guests"), async (page) => { await click("Link of Ines")(page); await page.getByRole("textbox", { name: "The guest's link" }).waitFor(); }],
  "setup-guests": [studio("setup-guests")],
  "no-livekit": [studio("no-livekit"), click("A guest from elsewhere")],
  "go-live": [studio("guests"), async (page) => { await click("Go live")(page); await page.getByText("LiveKit Egress", { exact: true }).waitFor(); }],
  settings: [studio("recording"), click("Settings")],
  keys: [studio("recording"), (page) => page.keyboard.press("?")],
  people: [studio("recording"), click("Edit")],
  stop: [studio("recording"), (page) => page.keyboard.press("r")],
  stopped: [studio("stopped")],
  done: [studio("done")],
  shows: [`${studio("setup")}#/shows`],
  show: [`${studio("setup")}#/shows/a`],
  "show-piece": [`${studio("setup")}#/shows/a`, click("Change piece 2")],
  "show-recut": [`${studio("setup")}#/shows/a`, async (page) => { await click("Cut it differently")(page); await page.getByText(/shots? instead of/).waitFor(); await page.getByRole("region", { name: "Another cut" }).scrollIntoViewIfNeeded(); }],
  "show-cut": [`${studio("setup")}#/shows/a`, click("Cut “calm”")],
  "show-delete": [`${studio("setup")}#/shows/a`, click("Delete")],
  "show-missing": [`${studio("setup")}#/shows/nothing`],
  "phone-page": [`${studio("setup")}#guest=g1.eyJzIjogIjZmOWMxYzFlLTZlM2EtNGI5Yy05ZjZlLTNmMWY2ZjBmNWExMSIsICJyIjogImNhbWVyYSIsICJjIjogImNhbV81IiwgImUiOiAxfQ.bWFj`],
  "phone-refused": [`${studio("setup")}#guest=g1.x.y`],
  ...Object.fromEntries(
    [...OFTEN, ...SELDOM].map((name) => [
      `guest-${name}`,
      [`?guest=${name}#guest=g1.eyJzIjogIjZmOWMxYzFlLTZlM2EtNGI5Yy05ZjZlLTNmMWY2ZjBmNWExMSIsICJyIjogImd1ZXN0IiwgImMiOiAiY2FtXzIiLCAiZSI6IDF9.bWFj`],
    ]),
  ),
  "guest-leave": [`?guest=off#guest=g1.eyJzIjogIjZmOWMxYzFlLTZlM2EtNGI5Yy05ZjZlLTNmMWY2ZjBmNWExMSIsICJyIjogImd1ZXN0IiwgImMiOiAiY2FtXzIiLCAiZSI6IDF9.bWFj`, click("Leave")],
  "guest-devices": [`?guest=off#guest=g1.eyJzIjogIjZmOWMxYzFlLTZlM2EtNGI5Yy05ZjZlLTNmMWY2ZjBmNWExMSIsICJyIjogImd1ZXN0IiwgImMiOiAiY2FtXzIiLCAiZSI6IDF9.bWFj`, click("Devices")],
  viewer: [`?viewer=idle#guest=g1.eyJzIjogIjZmOWMxYzFlLTZlM2EtNGI5Yy05ZjZlLTNmMWY2ZjBmNWExMSIsICJyIjogInZpZXdlciIsICJlIjogMX0.bWFj`],
  "viewer-watching": [`?viewer=watching#guest=g1.eyJzIjogIjZmOWMxYzFlLTZlM2EtNGI5Yy05ZjZlLTNmMWY2ZjBmNWExMSIsICJyIjogInZpZXdlciIsICJlIjogMX0.bWFj`],
};
const LOOKS = [
  ["dark", { colorScheme: "dark", viewport: { width: 1440, height: 900 } }],
  ["light", { colorScheme: "light", viewport: { width: 1440, height: 900 } }],
  ["phone", { colorScheme: "dark", viewport: { width: 390, height: 844 }, hasTouch: true }],
];
// The made-up server has no films: the player's "not found" is not our mistake.
const EXPECTED = /status of 404/;

const AXE = readFileSync(pathOf("axe-core/axe.min.js"), "utf8");
const server = await serve(bundle);
const browser = await launch();

async function look(scene, [name, options]) {
  const [address, act] = SCENES[scene];
  const context = await browser.newContext({ ...options, reducedMotion: "reduce" });
  const page = await context.newPage();
  const said = [];
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  await page.goto(`${server.address}/gallery.html${address}`);
  await page.locator("main").waitFor();
  if (act) await act(page);
  await page.waitForTimeout(150); /* streams of canvases give their first picture */
  await page.screenshot({ path: join(pictures, `${scene}-${name}.png`), fullPage: act === undefined });
  // The page's policy refuses scripts from elsewhere; the debugger is not bound by it.
  const session = await context.newCDPSession(page);
  await session.send("Runtime.evaluate", { expression: AXE });
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const width = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  await context.close();
  assert.deepEqual(violations.map((one) => `${one.impact} ${one.id}: ${one.nodes.map((node) => `${node.target.join(" ")} ${node.any[0]?.message ?? ""}`).join(" | ")}`), []);
  assert.deepEqual(said.filter((text) => !EXPECTED.test(text)), []);
  assert.equal(width, 0, "the page is wider than the screen");
}

const wanted = process.argv.slice(2);
const tests = Object.keys(SCENES)
  .filter((scene) => (wanted.length === 0 ? !SELDOM.some((name) => scene === `guest-${name}`) : wanted.includes(scene)))
  .flatMap((scene) => LOOKS.map((one) => [`${scene}, ${one[0]}: axe, policy and console are silent`, () => look(scene, one)]));
const failed = await runTap(tests);
await browser.close();
server.close();
process.exit(failed ? 1 : 0);
