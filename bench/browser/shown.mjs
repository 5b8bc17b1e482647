// What it costs to show the program to people elsewhere while it is recorded. See README.md.
import { loadavg } from "node:os";
import { SESSION, coresDuring, openCameras, wait, withPage } from "./page.mjs";

const [turns, seconds] = [Number(process.argv[2] ?? 5), Number(process.argv[3] ?? 10)];

// The track goes by WebRTC to the same page, which does not draw it: sent, received and decoded.
const show = (page) =>
  page.evaluate(async () => {
    const track = testing.capture().showProgram();
    const [here, there] = [new RTCPeerConnection(), new RTCPeerConnection()];
    here.onicecandidate = ({ candidate }) => candidate && there.addIceCandidate(candidate);
    there.onicecandidate = ({ candidate }) => candidate && here.addIceCandidate(candidate);
    const sender = here.addTrack(track);
    await here.setLocalDescription();
    await there.setRemoteDescription(here.localDescription);
    await there.setLocalDescription();
    await here.setRemoteDescription(there.localDescription);
    const parameters = sender.getParameters();
    parameters.encodings[0].maxBitrate = 4_000_000;
    parameters.degradationPreference = "maintain-resolution";
    await sender.setParameters(parameters);
    window.shown = { here, there, sender };
  });

const framesOf = (page) =>
  page.evaluate(async () => {
    for (const report of (await shown.sender.getStats()).values()) if (report.type === "outbound-rtp") return { sent: report.framesEncoded, size: `${report.frameWidth}x${report.frameHeight}`, codec: report.codecId };
  });

const hide = (page) =>
  page.evaluate(() => {
    shown.here.close();
    shown.there.close();
    testing.capture().hideProgram();
  });

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

await withPage(async (page, profile) => {
  await openCameras(page, "webcodecs");
  await page.evaluate(async (id) => {
    await testing.start(id, "cam_1", 0);
    let n = 0;
    setInterval(() => testing.capture().cutTo(`cam_${(++n % 3) + 1}`, 0, `d${n}`), 1500);
  }, SESSION);
  await wait(3000);
  const [without, withIt, rates] = [[], [], []];
  for (let turn = 1; turn <= turns; turn++) {
    without.push(await coresDuring(profile, () => wait(seconds * 1000)));
    await show(page);
    await wait(2000); // until it is as large as it will be
    const before = await framesOf(page);
    withIt.push(await coresDuring(profile, () => wait(seconds * 1000)));
    const after = await framesOf(page);
    rates.push((after.sent - before.sent) / seconds);
    await hide(page);
    await wait(1000);
    console.log(`${turn} recorded ${without.at(-1).toFixed(2)} cores, shown too ${withIt.at(-1).toFixed(2)}; ${rates.at(-1).toFixed(1)} frames a second of ${after.size}; load ${loadavg()[0].toFixed(1)}`);
  }
  console.log(`median: ${median(without).toFixed(2)} cores recorded, ${median(withIt).toFixed(2)} shown too: ${(median(withIt) - median(without)).toFixed(2)} more, at ${median(rates).toFixed(1)} frames a second`);
});
