// A show with a guest from elsewhere: a host and a guest in Chromium, the server as it is shipped, the real
// livekit-server, a real RTMP server (Debian's nginx). Both speak; cuts follow; what the RTMP server
// recorded shows whose camera it was. In the middle of it the server is killed.
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import assert from "node:assert/strict";
import { allowDevices, packageOf, runTap } from "../console/browser.mjs";
import { Rtmp, camerasOf, codesOf, needsRtmp } from "./live.mjs";
import { Livekit, missing } from "../support/livekit.mjs";
import { CHROMIUM, meet, speak, speech } from "./people.mjs";
import { Browser, LONG_MS, Server, TOKEN, inTurn, sleep, until } from "./studio.mjs";

packageOf("playwright-core");
needsRtmp();
if (missing()) {
  console.log(`1..0 # SKIP ${missing()}`);
  process.exit(0);
}

const HOST = 6; // the numbers that their pictures show
const GUEST = 9;
let livekit, rtmp, server, browser, host, guest, id;

const live = () => server.ask(`/live/${id}`).then(({ destinations }) => destinations[0], () => null); // null: not on air yet
const lines = (type, source) => server.log(id).filter((line) => line.type === type && line.source === source);
// The mean level of a recording's sound, dBFS.
function loudness(path) {
  const { stderr } = spawnSync("ffmpeg", ["-nostdin", "-i", path, "-vn", "-af", "volumedetect", "-f", "null", "-"], { encoding: "utf8" });
  return Number(/mean_volume: (-?[\d.]+) dB/.exec(stderr)?.[1] ?? -Infinity);
}
// Who of them is on air; the other is silent then.
async function turn(page, other, source) {
  await speak(other, false);
  await speak(page, true);
  await until(`${source} is on air`, async () => (await browser.onAir()) === source);
  await sleep(2000); // seen by those who look on
}

const steps = inTurn([
  ["a host sets up a camera, and makes a link before the show", async () => {
    [livekit, rtmp] = [await Livekit.start(), await Rtmp.start()];
    server = await Server.startWith(livekit.environment, camerasOf(), "--allow-private-targets");
    browser = await Browser.open(...CHROMIUM);
    host = browser.page;
    browser.context.setDefaultTimeout(LONG_MS);
    await meet(host, { camera: HOST, voice: speech("en-us+f3"), colour: "#243a5e" });
    await host.goto(`${server.address}/#token=${TOKEN}`);
    await browser.sees("Set up your show");
    const camera = host.getByRole("button", { name: /^Use (?!cameras)/ }).first();
    await allowDevices(host, camera);
    await camera.click();
    await until("the host's picture", async () => (await host.locator(".source video").count()) === 1);
    await host.getByLabel("Size").selectOption("360");
    await browser.press("A guest from elsewhere");
    await host.getByLabel("Name of the guest").fill("Wanda");
    await browser.press("Make a link");
    const link = await host.getByLabel("The guest's link", { exact: true }).inputValue();
    assert.match(link, /#guest=g1\./);
    await browser.look("guest-link");
    await browser.press("Done");
    const context = await browser.chromium.newContext({ reducedMotion: "reduce" });
    context.setDefaultTimeout(LONG_MS);
    guest = await context.newPage();
    guest.on("pageerror", (error) => browser.said.push({ at: Date.now(), text: `guest: ${error.stack}` }));
    await meet(guest, { camera: GUEST, voice: speech("en-gb+m3"), colour: "#5e2424" });
    await guest.goto(link);
  }],
  ["the guest comes in", async () => {
    await guest.getByRole("button", { name: "Set up camera and microphone" }).click();
    await guest.getByLabel("I agree to be recorded").check();
    await guest.getByRole("button", { name: "Join the show" }).click();
    await until("the guest's picture", async () => (await host.locator(".source video").count()) === 2);
    await host.locator(".guest .tally.here").waitFor();
    await browser.look("guest-here");
  }],
  ["the show is recorded, and goes live", async () => {
    await browser.press("Record");
    await browser.button("Stop recording").waitFor();
    id = await until("a show on the server", async () => (await server.ask("/sessions")).sessions[0]?.id);
    await host.keyboard.press("l");
    await browser.sees("No destination yet");
    await host.getByLabel("Name", { exact: true }).fill("My server");
    await host.getByLabel("Address").fill(rtmp.url);
    await host.getByLabel(/Stream key/).fill("studio-key");
    await browser.press("Save");
    await browser.sees(rtmp.url);
    await host.locator("dialog").getByText("LiveKit Egress", { exact: true }).waitFor();
    await host.locator("dialog").getByRole("button", { name: "Go live", exact: true }).click();
    await until("the destination is live", async () => (await live())?.state === "live");
  }],
  ["cuts follow who speaks, here and elsewhere", async () => {
    await turn(host, guest, "cam_1");
    await turn(guest, host, "cam_2");
    await browser.look("guests");
    await turn(host, guest, "cam_1");
    const said = lines("speaking_start", "cam_2");
    assert.ok(said.length >= 1, "the guest's page said that they speak");
    assert.ok(said.every(({ t }, i) => i === 0 || t - said[i - 1].t > 300), "nobody says it a second time");
  }],
  ["the guest sees the program and reads what is written to them", async () => {
    await host.keyboard.press("g");
    await host.keyboard.type("Well done.");
    await host.keyboard.press("Enter");
    await guest.getByText("Well done.").waitFor();
    const shown = await until("the guest sees the program", () =>
      guest.evaluate(() => [...document.querySelectorAll("video")].some((video) => video.videoWidth === 640 && video.videoHeight === 360 && !video.paused && video.currentTime > 1)));
    assert.ok(shown);
    const consoles = (await livekit.people(id)).filter(({ identity }) => identity.startsWith("host-"));
    assert.deepEqual(consoles.flatMap(({ tracks }) => tracks.map(({ name }) => name)).sort(), ["microphone", "program", "program-sound"]);
  }],
  ["the host mutes the guest, who alone can unmute", async () => {
    const row = host.locator(".guest");
    await row.getByRole("button", { name: "Mute Wanda" }).click();
    await row.getByText("Microphone muted").waitFor();
    await row.getByRole("button", { name: "Ask to unmute Wanda" }).click();
    await guest.getByText("Wanda: please unmute your microphone.").waitFor();
    await guest.getByRole("button", { name: "Unmute" }).click();
    await row.getByText("Picture and sound").waitFor();
  }],
  ["a host who loads the page again has the guest again", async () => {
    await host.reload();
    await browser.press("Go on recording");
    await browser.button("Stop recording").waitFor();
    await until("the guest's picture", async () => (await host.locator(".tile video").count()) === 2);
    await turn(guest, host, "cam_2");
  }],
  ["the server is killed, and the stream and the guest come back", async () => {
    await server.kill();
    await browser.sees("The link to the server is down.");
    await speak(host, false);
    await speak(guest, true);
    await until("the console cuts to the guest by itself", async () => (await browser.onAir()) === "cam_2");
    await server.start();
    await until("the link is back", async () => (await host.getByText("The link to the server is down.").count()) === 0);
    const back = (await server.ask(`/sessions/${id}`)).live.clock;
    await until("the destination is live again", async () => (await live())?.state === "live");
    const { frames } = await live();
    await until("the program is sent", async () => (await live())?.frames > frames + 30);
    await turn(host, guest, "cam_1");
    await turn(guest, host, "cam_2");
    await until("both say it to the server again", () => ["cam_1", "cam_2"].every((source) => lines("speaking_start", source).some(({ t }) => t > back)));
  }],
  ["a guest who goes is left, and taken up again", async () => {
    await guest.reload();
    await until("the guest is lost", () => lines("source_lost", "cam_2").length > 0);
    await until("the host is on air", async () => (await browser.onAir()) === "cam_1");
    await guest.getByRole("button", { name: "Set up camera and microphone" }).click();
    await guest.getByLabel("I agree to be recorded").check();
    await guest.getByRole("button", { name: "Join the show" }).click();
    await until("the guest is back", () => lines("source_back", "cam_2").length > 0);
    await turn(guest, host, "cam_2");
  }],
  ["a guest who is removed is out, and the show goes on to its end", async () => {
    await host.locator(".guest").getByRole("button", { name: "Remove Wanda" }).click();
    await host.locator("dialog").getByRole("button", { name: "Remove", exact: true }).click();
    await guest.getByRole("heading", { name: "You are out of the show" }).waitFor();
    await until("the host is on air", async () => (await browser.onAir()) === "cam_1");
    await browser.press("Stop recording");
    await browser.press("Stop");
    await browser.sees("Everything is on the server");
  }],
  ["what viewers saw was the camera of who was on air", async () => {
    await rtmp.end();
    const shown = rtmp.recordings().flatMap((path) => codesOf(path).filter(Boolean)).map(([camera]) => camera);
    const order = shown.filter((camera, i) => camera !== shown[i - 1]);
    assert.deepEqual([...new Set(order)].sort(), [HOST, GUEST]);
    assert.match(order.join(" "), new RegExp(`${HOST} ${GUEST} ${HOST} ${GUEST} ${HOST} ${GUEST}`), "the turns, in their order");
  }],
  ["the guest was recorded here, too, and only the guest is in it", async () => {
    const names = server.recordings(id).filter((name) => name.startsWith("cam_2_iso"));
    assert.ok(names.length >= 2, `a part for each visit: ${names}`);
    for (const name of names) {
      const codes = codesOf(join(server.showFolder(id), name));
      const cameras = codes.filter(Boolean).map(([camera]) => camera);
      assert.ok(cameras.length > codes.length / 2, `${name}: ${cameras.length} of ${codes.length} pictures can be read`);
      assert.deepEqual([...new Set(cameras)], [GUEST]);
    }
    for (const name of [names[0], "program.mkv"]) {
      const mean = loudness(join(server.showFolder(id), name));
      assert.ok(mean > -40, `${name}: the sound has ${mean} dB`);
    }
  }],
  ["browser and servers end", async () => {
    await browser?.end();
    await server?.end();
    await livekit?.end();
    if (rtmp) rmSync(rtmp.folder, { recursive: true });
  }],
], async () => {
  await browser?.keep("room-failed").catch(() => {});
  await guest?.screenshot({ path: join(process.env.CROSSCUT_BUILD ?? "build", "screenshots/room-failed-guest.png") }).catch(() => {});
  for (const { text } of browser?.said ?? []) console.log(`# ${text.split("\n")[0]}`);
  server?.tell();
}, "room: ");

process.exit((await runTap(steps)) ? 1 : 0);
