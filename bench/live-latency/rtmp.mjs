// From a picture in the console's own tile to a viewer's decoder, by way of RTMP.
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { Rtmp, camerasOf, missing } from "../../tests/browser/live.mjs";
import { Browser, Server, TOKEN, sleep, until } from "../../tests/browser/studio.mjs";
import { installCodes, readWord, summary } from "./codes.mjs";

const [KEY, CELLS, WARM_MS] = ["latency", 32, 6000];

// A viewer: the strip with the code of each picture, 32 bytes, as soon as it is decoded.
function startViewer(url) {
  const seen = new Map();
  const child = spawn("ffmpeg", ["-nostdin", "-v", "error", "-fflags", "nobuffer", "-flags", "low_delay", "-analyzeduration", "3000000", "-threads", "1", "-i", `${url}/${KEY}`, "-an", "-vf", `crop=iw:ih/24:0:ih-ih/24,scale=${CELLS}:1:flags=area,format=gray`, "-fps_mode", "passthrough", "-f", "rawvideo", "-flush_packets", "1", "-"], { stdio: ["ignore", "pipe", "inherit"] });
  process.once("exit", () => child.kill("SIGKILL"));
  let rest = Buffer.alloc(0);
  child.stdout.on("data", (bytes) => {
    const now = Date.now();
    rest = Buffer.concat([rest, bytes]);
    for (; rest.length >= CELLS; rest = rest.subarray(CELLS)) {
      const code = readWord([...rest.subarray(0, CELLS)].map((grey) => grey > 127));
      if (code) seen.set(code.join(":"), now);
    }
  });
  return { seen, end: () => child.kill("SIGKILL") };
}

// In the page: when each picture was first shown, in any of its videos. The sample show begins anew when
// it is over, so only the last time counts.
const watchTiles = (page) =>
  page.evaluate(() => {
    window.shown = {};
    const watched = new WeakSet();
    const watch = (video) => {
      const look = (_, { expectedDisplayTime }) => {
        const code = window.codes.read(video);
        const now = performance.timeOrigin + Math.max(performance.now(), expectedDisplayTime);
        const before = code && window.shown[code.join(":")];
        if (code && !(now - before < 1000)) window.shown[code.join(":")] = now;
        video.requestVideoFrameCallback(look);
      };
      video.requestVideoFrameCallback(look);
    };
    setInterval(() => {
      for (const video of document.querySelectorAll("video"))
        if (!watched.has(video)) {
          watched.add(video);
          watch(video);
        }
    }, 500);
  });

async function goLive(server, id, body) {
  const answer = await fetch(`${server.address}/live/${body ? "start" : "stop"}`, { method: "POST", headers: { Authorization: `Bearer ${TOKEN}`, "Content-Type": "application/json" }, body: JSON.stringify({ sessionId: id, ...body }) });
  if (!answer.ok) throw new Error(`live: ${answer.status} ${await answer.text()}`);
}

async function measureOnce(server, browser, id, rtmp, delay, seconds) {
  await goLive(server, id, { url: rtmp.url, key: KEY, delay: delay / 1000 });
  await until("it is live", async () => (await server.ask(`/live/${id}`)).destinations[0].state === "live");
  const viewer = startViewer(rtmp.url);
  try {
    await until("a picture with a code", () => viewer.seen.size > 0, 60_000);
    await sleep(WARM_MS + delay);
    viewer.seen.clear();
    await sleep(seconds * 1000);
    const seen = new Map(viewer.seen);
    const shown = await browser.page.evaluate(() => window.shown);
    const waits = [...seen].filter(([code]) => shown[code]).map(([code, at]) => at - shown[code]);
    return { ...summary(waits.filter((ms) => ms >= 0)), delay, rate: seen.size / seconds };
  } finally {
    viewer.end();
    await goLive(server, id, null);
  }
}

export async function measureRtmp(seconds) {
  if (missing()) throw new Error(missing());
  const rtmp = await Rtmp.start("off");
  const server = await Server.start(camerasOf(), "--allow-private-targets");
  const browser = await Browser.open();
  try {
    await browser.page.goto(`${server.address}/#token=${TOKEN}`);
    await browser.press("Open a sample show");
    await until("three pictures", async () => (await browser.page.locator(".source video").count()) === 3);
    await browser.page.getByLabel("Size").selectOption("360");
    await browser.press("Record");
    await browser.button("Stop recording").waitFor();
    const id = await until("a show on the server", async () => (await server.ask("/sessions")).sessions[0]?.id);
    await browser.page.evaluate(installCodes);
    await watchTiles(browser.page);
    const found = [];
    for (const delay of [0, 2000]) found.push(await measureOnce(server, browser, id, rtmp, delay, seconds));
    return found;
  } finally {
    await browser.end();
    await server.end();
    await rtmp.end();
    rmSync(rtmp.folder, { recursive: true });
  }
}
