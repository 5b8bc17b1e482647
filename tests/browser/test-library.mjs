// A recorded show in the library, as it is shipped, in Chromium: its highlights are dragged by mouse,
// finger and keys and rendered again, another cut is planned on the timeline, rendered and compared,
// and everything is downloaded. What the browser plans is held against `crosscut cut`.
//   node tests/browser/test-library.mjs
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { cp, mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import assert from "node:assert/strict";
import { BUILD, SOURCE, packageOf, runTap } from "../console/browser.mjs";
import { freePort } from "../support/ports.mjs";
import { Browser, PROGRAM, Server, TOKEN, inTurn, until } from "./studio.mjs";

packageOf("playwright-core");
const cameras = join(BUILD, "browser-library");
const show = join(cameras, "show");
const id = () => JSON.parse(readFileSync(join(show, "manifest.json"), "utf8")).id;

// Three people, less than a minute, directed once; small, since it is rendered twice more.
function makeShow() {
  if (!existsSync(join(cameras, "truth.json")))
    execFileSync(join(SOURCE, "samples/make-sample-show"), ["--tools", join(BUILD, "samples"), "-o", cameras, "--height", "180", "--cameras", "3", "--minutes", "0.8"]);
  if (existsSync(join(show, "manifest.json"))) return;
  const files = readdirSync(cameras).filter((name) => /\.(mp4|mov|mkv)$/.test(name)).sort();
  const wide = files.findIndex((name) => name.includes("wide"));
  const roles = wide >= 0 ? ["--role", `cam_${wide + 1}=wide`] : [];
  execFileSync(PROGRAM, ["direct", ...files.map((name) => join(cameras, name)), ...roles, "-o", show, "--copy", "--height", "180", "--overwrite", "--quiet", "--piece-min", "5", "--highlights", "20"]);
}

let server, browser;
const folder = () => server.showFolder(id());
const read = (...name) => JSON.parse(readFileSync(join(folder(), ...name), "utf8"));
const main = () => browser.page.locator("main");
const film = () => browser.page.evaluate(() => {
  const video = document.querySelector("main video");
  return video && { src: new URL(video.src).pathname, ready: video.readyState, at: video.currentTime, duration: video.duration };
});
const plays = (name) => until(`${name} can be seen`, async () => { const one = await film(); return one?.src.endsWith(name) && one.ready >= 2 && one; });
const slider = (name) => browser.page.getByRole("slider", { name, exact: true });
const secondsOf = async (name) => Number(await slider(name).getAttribute("aria-valuenow"));
const rendered = (cut) => until("the render is done", async () => {
  const { render } = await server.ask(`/sessions/${id()}`);
  assert.ok(render?.state !== "failed" && !render?.error, render?.error);
  return render?.state === "done" && (render.cut ?? null) === cut;
});

/* The shots of a lane of the timeline, as they are placed. */
const lane = (name) => browser.page.evaluate((wanted) => {
  const group = [...document.querySelectorAll(".timeline [role=group]")].find((one) => one.getAttribute("aria-label") === wanted);
  return [...(group?.querySelectorAll("button.span") ?? [])].map((span) => ({ at: parseFloat(span.style.getPropertyValue("--t")), who: span.textContent }));
}, name);

function assertPlanned(spans, shots, duration, sources) {
  const labels = new Map(sources.map((source) => [source.id, source.label ?? source.id]));
  assert.deepEqual(spans.map(({ who }) => who), shots.map(({ source }) => labels.get(source)));
  spans.forEach(({ at }, i) => assert.ok(Math.abs((at / 100) * duration - shots[i].t) < duration / 50_000 + 1, `shot ${i}: ${at} % of ${duration} ms, not ${shots[i].t}`));
}

async function drag(target, by) {
  await target.scrollIntoViewIfNeeded();
  const box = await target.boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await browser.page.mouse.move(x, y);
  await browser.page.mouse.down();
  await browser.page.mouse.move(x + by, y, { steps: 5 });
  await browser.page.mouse.up();
}

async function dragByFinger(target, by) {
  await target.scrollIntoViewIfNeeded();
  const box = await target.boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const session = await browser.context.newCDPSession(browser.page);
  const touch = (type, at) => session.send("Input.dispatchTouchEvent", { type, touchPoints: at === null ? [] : [{ x: at, y }] });
  await touch("touchStart", x);
  for (let i = 1; i <= 5; i++) await touch("touchMove", x + (by * i) / 5);
  await touch("touchEnd", null);
  await session.detach();
}

const steps = [
  ["a directed show is in the library, with its film", async () => {
    makeShow();
    server = new Server();
    server.folder = await mkdtemp(join(tmpdir(), "crosscut-library-"));
    server.port = await freePort();
    server.sampleShow = cameras;
    server.options = [];
    await mkdir(join(server.folder, "storage", "sessions"), { recursive: true });
    await cp(show, folder(), { recursive: true });
    await server.start();
    browser = await Browser.open();
    await browser.page.goto(`${server.address}/#token=${TOKEN}`);
    await browser.page.getByRole("link", { name: "Shows", exact: true }).click();
    await main().locator("a.show").first().click();
    await plays("/program.mp4");
    await browser.sees("% speech");
    await browser.look("library");
  }],
  ["its highlights play, and a shot that is not in them plays in the program", async () => {
    await browser.press("Highlights");
    const { duration } = await plays("/highlights.mp4");
    const { total, pieces } = read("highlights.json");
    assert.ok(Math.abs(duration * 1000 - total) < 100, `${duration} s, not ${total} ms`);
    const { shots } = read("shots.json");
    const outside = shots.find(({ t }) => !pieces.some(({ start, end }) => start <= t && t < end));
    assert.ok(outside, "a shot outside of the highlights");
    await browser.page.locator(".lane.shots .span").nth(shots.indexOf(outside)).click();
    const there = await plays("/program.mp4");
    assert.ok(Math.abs(there.at * 1000 - outside.t) < 3000, `${there.at} s, not ${outside.t} ms`);
    await browser.page.evaluate(() => document.querySelector("main video").pause());
  }],
  ["edges of a piece move by keys, mouse and finger", async () => {
    await browser.press("Change piece 1");
    const start = await secondsOf("Start of piece 1"), end = await secondsOf("End of piece 1");
    await slider("End of piece 1").focus();
    await browser.page.keyboard.press("ArrowLeft");
    await browser.page.keyboard.press("Shift+ArrowLeft");
    assert.ok(Math.abs((await secondsOf("End of piece 1")) - (end - 1.1)) < 0.002, "by keys");
    await drag(slider("Start of piece 1"), start < 0.5 ? 40 : -40);
    const dragged = await secondsOf("Start of piece 1");
    assert.ok(Math.abs(dragged - start) > 0.3, `by mouse: ${start} to ${dragged}`);
    await dragByFinger(slider("End of piece 1"), -30);
    assert.ok((await secondsOf("End of piece 1")) < end - 1.2, "by finger");
    await browser.look("library-piece");
  }],
  ["and the highlights are rendered as they are now", async () => {
    const wanted = [await secondsOf("Start of piece 1"), await secondsOf("End of piece 1")];
    await browser.press("Render these");
    await rendered(null);
    const [piece] = read("highlights.json").pieces;
    assert.ok(Math.abs(piece.start - wanted[0] * 1000) < 40 && Math.abs(piece.end - wanted[1] * 1000) < 40, `${piece.start} to ${piece.end}, not ${wanted}`);
    assert.match(piece.reason, /chosen by hand$/);
    await browser.sees("chosen by hand");
    await until("nothing is left to render", async () => (await browser.button("Render these").count()) === 0);
  }],
  ["another cut is on the timeline at once, as `crosscut cut` cuts", async () => {
    const asked = [];
    const listen = (request) => request.method() !== "GET" && asked.push(request.url());
    browser.page.on("request", listen);
    await browser.press("Cut it differently");
    await browser.sees(/shots? instead of/);
    const { settings, sources, program } = await server.ask(`/sessions/${id()}`);
    for (const [button, mode] of [["As live", "causal"], ["Looks ahead", "look-ahead"], ["Knows the whole show", "full"]]) {
      await browser.press(button);
      const ahead = mode === "look-ahead" ? ["--set", "look_ahead=1"] : [];
      const set = Object.entries(settings).flatMap(([name, value]) => (typeof value === "number" && name !== "look_ahead" ? ["--set", `${name}=${value}`] : []));
      const { shots } = JSON.parse(execFileSync(PROGRAM, ["cut", join(folder(), "events.json"), "--mode", mode, ...set, ...ahead], { encoding: "utf8" }));
      await until(`the shots of ${mode}`, async () => (await lane("New cut")).length === shots.length, 20_000);
      assertPlanned(await lane("New cut"), shots, program.duration, sources);
    }
    browser.page.off("request", listen);
    assert.deepEqual(asked, [], "the server was asked");
    await browser.look("library-recut");
  }],
  ["it is rendered beside the show, and compared", async () => {
    const before = readFileSync(join(folder(), "shots.json"), "utf8");
    await browser.page.getByLabel("Patience").fill("9");
    await browser.sees("very calm");
    await browser.page.getByLabel(/^Name of the cut/).fill("calm");
    const planned = await lane("New cut");
    await browser.press("Render this cut");
    await rendered("calm");
    const { shots, duration } = read("cuts", "calm", "shots.json");
    assertPlanned(planned, shots, duration, read("manifest.json").sources);
    assert.equal(readFileSync(join(folder(), "shots.json"), "utf8"), before);
    await browser.press("Cut “calm”");
    await plays("/cuts/calm/program.mp4");
    await until("its own shots", async () => (await lane("Program")).length === shots.length);
    await browser.look("library-cut");
    await browser.press("Program");
    await plays(`/${id()}/program.mp4`);
  }],
  ["everything is downloaded as one archive, and each timeline", async () => {
    const download = async (link) => {
      const [got] = await Promise.all([browser.page.waitForEvent("download"), link.click()]);
      return [got.suggestedFilename(), await got.path()];
    };
    const [name, path] = await download(browser.page.getByRole("link", { name: /^Download all/ }));
    assert.match(name, /-\d{4}-\d\d-\d\d\.zip$/);
    const listed = execFileSync("unzip", ["-tq", path], { encoding: "utf8" });
    assert.match(listed, /No errors/);
    const names = execFileSync("unzip", ["-Z1", path], { encoding: "utf8" });
    for (const file of ["manifest.json", "program.mp4", "program.otio", "cuts/calm/program.edl"]) assert.ok(names.includes(`/${file}\n`), file);
    const [edl, text] = await download(browser.page.getByRole("link", { name: "Download program.edl", exact: true }));
    assert.equal(edl, "program.edl");
    assert.equal(readFileSync(text, "utf8"), readFileSync(join(folder(), "program.edl"), "utf8"));
    await browser.sees(/in 2 renders|in 3 renders/);
  }],
  ["the browser's console was silent", () => assert.deepEqual(browser.said.map(({ text }) => text), [])],
  ["browser and server end", async () => {
    await browser?.end();
    await server?.end();
  }],
];

const failed = await runTap(inTurn(steps, () => browser?.keep("library-failed"), "/library/"));
process.exit(failed ? 1 : 0);
