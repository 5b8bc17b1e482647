// From drawing a picture in one browser page to showing it in another, over a real LiveKit server.
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { SOURCE, launch } from "../../tests/console/browser.mjs";
import { sleep, until } from "../../tests/browser/studio.mjs";
import { Livekit, missing, tokenFor } from "../../tests/support/livekit.mjs";
import { installCodes, summary } from "./codes.mjs";

const CLIENT = join(SOURCE, "console/node_modules/livekit-client/dist/livekit-client.umd.js");
const ROOM = "latency";
const FLAGS = ["--allow-loopback-in-peer-connection", "--disable-backgrounding-occluded-windows", "--disable-renderer-backgrounding", "--disable-background-timer-throttling"];
const WARM_MS = 5000;

const token = (identity) => tokenFor({ room: ROOM, roomJoin: true, canPublish: identity === "host", canSubscribe: identity !== "host" }, { sub: identity });

// A page without anything in it; media wants an address, and not about:blank.
async function startSite() {
  const site = createServer((_, response) => response.setHeader("Content-Type", "text/html").end("<!doctype html><title>latency</title>"));
  await new Promise((done) => site.listen(0, "127.0.0.1", done));
  return { address: `http://127.0.0.1:${site.address().port}/`, end: () => site.close() };
}

async function openPage(browser, address) {
  const page = await (await browser.newContext()).newPage();
  await page.goto(address);
  await page.addScriptTag({ content: readFileSync(CLIENT, "utf8") });
  await page.evaluate(installCodes);
  return page;
}

// What is drawn changes all over, as a camera's picture does; the code says when, in ms modulo 2^19.
const publish = (page, url, key) =>
  page.evaluate(
    async ([url, key]) => {
      const { Room, LocalVideoTrack, Track } = window.LivekitClient;
      const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 360 });
      const context = canvas.getContext("2d");
      const now = () => performance.timeOrigin + performance.now();
      document.body.append(canvas);
      window.drawn = 0;
      const draw = () => {
        const t = now();
        context.fillStyle = `hsl(${(t / 40) % 360} 60% 50%)`;
        context.fillRect(0, 0, 640, 360);
        for (let i = 0; i < 40; i++) {
          context.fillStyle = `hsl(${(i * 37 + t / 20) % 360} 80% 60%)`;
          context.fillRect((i * 53 + t / 5) % 640, (i * 29) % 330, 60, 24);
        }
        window.codes.write(context, 640, 360, 1, Math.floor(now()) % 2 ** 19);
        window.drawn++;
      };
      setInterval(draw, 1000 / 30);
      const room = new Room({ adaptiveStream: false, dynacast: false });
      await room.connect(url, key);
      const track = new LocalVideoTrack(canvas.captureStream(30).getVideoTracks()[0], undefined, true);
      await room.localParticipant.publishTrack(track, { source: Track.Source.Camera, simulcast: false, videoCodec: "vp8", videoEncoding: { maxBitrate: 1_000_000, maxFramerate: 30 } });
    },
    [url, key],
  );

const subscribe = (page, url, key) =>
  page.evaluate(
    async ([url, key]) => {
      const { Room, RoomEvent } = window.LivekitClient;
      window.waits = [];
      window.unread = 0;
      const watch = (video) => {
        const shown = (_, { expectedDisplayTime }) => {
          const code = window.codes.read(video);
          const now = Math.max(performance.now(), expectedDisplayTime) + performance.timeOrigin;
          if (code) window.waits.push([now, (((now - code[1]) % 2 ** 19) + 2 ** 19) % 2 ** 19]);
          else window.unread++;
          video.requestVideoFrameCallback(shown);
        };
        video.requestVideoFrameCallback(shown);
      };
      const room = new Room({ adaptiveStream: false, dynacast: false });
      room.on(RoomEvent.TrackSubscribed, (track) => {
        if (track.kind !== "video") return;
        const video = Object.assign(document.createElement("video"), { muted: true, autoplay: true });
        document.body.append(video);
        track.attach(video);
        watch(video);
      });
      await room.connect(url, key);
    },
    [url, key],
  );

export async function measureSfu(seconds) {
  if (missing()) throw new Error(missing());
  if (!existsSync(CLIENT)) throw new Error("needs npm's livekit-client in console/node_modules (make)");
  const [livekit, site, browser] = await Promise.all([Livekit.start(), startSite(), launch(FLAGS)]);
  try {
    const [host, guest] = await Promise.all([openPage(browser, site.address), openPage(browser, site.address)]);
    await publish(host, livekit.url, token("host"));
    await subscribe(guest, livekit.url, token("guest"));
    await until("a picture", () => guest.evaluate(() => window.waits.length > 0), 60_000);
    await sleep(WARM_MS);
    await guest.evaluate(() => void (window.waits = []));
    const [drawn, begin] = [await host.evaluate(() => window.drawn), Date.now()];
    await sleep(seconds * 1000);
    const took = (Date.now() - begin) / 1000;
    const waits = await guest.evaluate(() => window.waits);
    const unread = await guest.evaluate(() => window.unread);
    return { ...summary(waits.map(([, ms]) => ms)), unread, drawnRate: ((await host.evaluate(() => window.drawn)) - drawn) / took, shownRate: waits.length / took };
  } finally {
    await browser.close();
    site.end();
    await livekit.end();
  }
}
