// A room over the real LiveKit server, in Chromium, without a studio: who publishes what, who gets what,
// data, muting, and coming back after the server was killed.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import assert from "node:assert/strict";
import { Livekit, missing, tokenFor } from "../support/livekit.mjs";
import { BUILD, SOURCE, launch, packageOf, runTap, serve } from "./browser.mjs";

packageOf("playwright-core");
if (missing()) {
  console.log(`1..0 # SKIP ${missing()}`);
  process.exit(0);
}
const bundle = join(BUILD, "console-room");
execFileSync(join(SOURCE, "console/node_modules/.bin/vite"), ["build", "--mode", "test", "--outDir", bundle, "--emptyOutDir", "--logLevel", "error"], {
  cwd: join(SOURCE, "console"),
  env: { ...process.env, CROSSCUT_BUILD: BUILD },
});
const ROOM = "a-show";
const livekit = await Livekit.start();
const server = await serve(bundle);
const chromium = await launch(["--autoplay-policy=no-user-gesture-required"]);
const said = [];
const pages = {};

// A page in the room: `window.room`, with a picture and a sound to publish.
async function come(identity, role, wanted) {
  const page = await (await chromium.newContext()).newPage();
  page.on("pageerror", (error) => said.push(`${identity}: ${error.stack}`));
  page.on("console", (message) => message.type() === "error" && said.push(`${identity}: ${message.text()}`));
  await page.goto(`${server.address}/core.html?room`);
  await page.waitForFunction(() => window.createRoom);
  const publishes = role !== "viewer";
  await page.exposeFunction("pass", () => ({
    url: livekit.url, room: ROOM, identity, role, end: 0,
    token: tokenFor({ room: ROOM, roomJoin: true, canPublish: publishes, canPublishData: publishes, canSubscribe: true }, { sub: identity, name: role === "guest" ? `Name of ${identity}` : "" }),
  }));
  await page.evaluate((names) => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [320, 180];
    const to = canvas.getContext("2d");
    let n = 0;
    setInterval(() => {
      to.fillStyle = `hsl(${(n += 7) % 360} 80% 50%)`;
      to.fillRect(0, 0, 320, 180);
    }, 100);
    const sound = new AudioContext();
    const wire = sound.createMediaStreamDestination();
    const tone = new OscillatorNode(sound);
    tone.connect(wire);
    tone.start();
    window.picture = canvas.captureStream(10).getVideoTracks()[0];
    window.sound = wire.stream.getAudioTracks()[0];
    window.events = [];
    window.room = window.createRoom({ token: () => window.pass(), wants: (_identity, name) => names.includes(name) });
    window.room.onEvent((from, event) => window.events.push([from, event]));
    window.room.join();
    window.trackOf = (from, name) => window.room.state().people.find((one) => one.identity === from)?.tracks.find((track) => track.name === name);
    /* The pictures of a track, as they come: more than before? */
    window.plays = (from, name) => {
      const track = window.trackOf(from, name)?.track;
      if (!track) return false;
      window.players ??= new Map();
      if (!window.players.has(track)) {
        const video = document.createElement("video");
        video.muted = true;
        video.srcObject = new MediaStream([track]);
        void video.play();
        window.players.set(track, video);
      }
      return window.players.get(track).videoWidth > 0 && window.players.get(track).currentTime > 0;
    };
  }, wanted);
  pages[identity] = page;
  return page;
}
const state = (identity) => pages[identity].evaluate(() => ({ ...window.room.state(), people: window.room.state().people.map(({ identity: id, tracks }) => [id, ...tracks.map(({ name, track, isMuted }) => `${name}${track ? "" : " -"}${isMuted ? " muted" : ""}`)].join(" ")) }));
const until = (identity, what, given) => pages[identity].waitForFunction(what, given, { timeout: 180_000, polling: 100 });

const steps = [
  ["people meet, publish, and get what they want and no more", async () => {
    await come("host-a", "host", ["camera", "microphone"]);
    await come("cam_2", "guest", ["camera", "microphone", "program"]);
    await come("viewer-x", "viewer", ["program", "program-sound"]);
    for (const identity of Object.keys(pages)) await until(identity, () => window.room.state().link === "joined");
    await pages["host-a"].evaluate(() => {
      window.room.publish("program", window.picture);
      window.room.publish("program-sound", window.sound);
    });
    await pages["cam_2"].evaluate(() => {
      window.room.publish("camera", window.picture);
      window.room.publish("microphone", window.sound);
    });
    await until("cam_2", () => window.plays("host-a", "program"));
    await until("host-a", () => window.plays("cam_2", "camera") && window.trackOf("cam_2", "microphone").track);
    await until("viewer-x", () => window.plays("host-a", "program") && window.trackOf("host-a", "program-sound").track);
    await until("cam_2", () => window.room.state().people.length === 2);
    assert.deepEqual((await state("cam_2")).people, ["host-a program program-sound -", "viewer-x"]);
    assert.deepEqual((await state("viewer-x")).people, ["cam_2 camera - microphone -", "host-a program program-sound"]);
    assert.equal(await pages["host-a"].evaluate(() => window.room.state().people[0].name), "Name of cam_2");
  }],
  ["chat is for hosts and guests, events are for hosts", async () => {
    await pages["cam_2"].evaluate(() => window.room.say("Hello host"));
    await until("host-a", () => window.room.state().chat.some(({ from, name, text }) => from === "cam_2" && name === "Name of cam_2" && text === "Hello host"));
    await pages["host-a"].evaluate(() => window.room.say("Hello guest"));
    await until("cam_2", () => window.room.state().chat.length === 2);
    assert.equal(await pages["cam_2"].evaluate(() => window.room.sendEvent({ type: "speaking_start", id: "e1" })), true);
    await until("host-a", () => window.events.length === 1);
    assert.deepEqual(await pages["host-a"].evaluate(() => window.events), [["cam_2", { type: "speaking_start", id: "e1" }]]);
    assert.equal((await state("viewer-x")).chat.length, 0);
  }],
  ["the program is what the server says of it", async () => {
    const program = (source, seq) => JSON.stringify({ program: { source, t: 10, reason: "speaks", seq, track: null } });
    await livekit.ask("UpdateRoomMetadata", { room: ROOM, metadata: program("cam_2", 4) });
    await until("cam_2", () => window.room.state().program?.source === "cam_2");
    const data = Buffer.from(program("cam_1", 5)).toString("base64");
    await livekit.ask("SendData", { room: ROOM, data, kind: "RELIABLE", topic: "crosscut" });
    await until("cam_2", () => window.room.state().program?.source === "cam_1");
  }],
  ["the host mutes, and the guest speaks again", async () => {
    const { tracks } = (await livekit.people(ROOM)).find(({ identity }) => identity === "cam_2");
    const { sid } = tracks.find(({ name }) => name === "microphone");
    await livekit.ask("MutePublishedTrack", { room: ROOM, identity: "cam_2", track_sid: sid, muted: true });
    await until("cam_2", () => window.room.state().isMuted && !window.sound.enabled);
    await until("host-a", () => window.trackOf("cam_2", "microphone").isMuted);
    await pages["cam_2"].evaluate(() => window.room.setMuted(false));
    await until("host-a", () => !window.trackOf("cam_2", "microphone").isMuted);
    assert.equal(await pages["cam_2"].evaluate(() => window.sound.enabled), true);
  }],
  ["a server that was killed is joined again, with everything that was published", async () => {
    await livekit.stop();
    await until("cam_2", () => window.room.state().link === "again" && window.room.state().why);
    await livekit.start();
    for (const identity of Object.keys(pages)) await until(identity, () => window.room.state().link === "joined");
    await until("host-a", () => window.plays("cam_2", "camera"));
    await until("cam_2", () => window.plays("host-a", "program"));
  }],
  ["who is removed stays out, who leaves is gone, and tracks are left to their owner", async () => {
    await livekit.ask("RemoveParticipant", { room: ROOM, identity: "cam_2" });
    await until("cam_2", () => window.room.state().link === "removed");
    await pages["host-a"].evaluate(() => window.room.leave());
    await until("viewer-x", () => window.room.state().people.length === 0);
    for (const identity of ["cam_2", "host-a"])
      assert.deepEqual(await pages[identity].evaluate(() => [window.picture.readyState, window.sound.readyState]), ["live", "live"]);
  }],
  ["the pages said nothing of errors", async () => {
    assert.deepEqual(said.filter((text) => !/status of 404|ERR_CONNECTION_REFUSED|WebSocket connection to|violates the following Content Security Policy|Refused to connect|Fetch API cannot load/.test(text)), []);
  }],
].map(([name, step]) => [`room: ${name}`, step]);

const failed = await runTap(steps);
await chromium.close();
server.close();
await livekit.end();
process.exit(failed ? 1 : 0);
