// What benches of the browser share: a page that captures, and what its processes use.
import { readFileSync } from "node:fs";
import { buildBundle, openPage, processesOf } from "../../tests/console/profile.mjs";

export const SESSION = "11111111-1111-4111-8111-111111111111";
const HERTZ = 100; // of /proc's clock ticks
export const bundle = buildBundle("console-bench");

// CPU seconds of all processes of the browser so far, those that ended included.
function cpuOf(profile) {
  let ticks = 0;
  for (const pid of processesOf(profile)) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      ticks += Number(fields[11]) + Number(fields[12]);
    } catch {
      // ended meanwhile
    }
  }
  return ticks / HERTZ;
}

export async function coresDuring(profile, work) {
  const [cpu, at] = [cpuOf(profile), performance.now()];
  await work();
  return (cpuOf(profile) - cpu) / ((performance.now() - at) / 1000);
}

export const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export async function withPage(work) {
  const site = await openPage(bundle, "/capture.html");
  try {
    const { page } = await site.visit();
    await page.waitForFunction(() => window.testing);
    return await work(page, site.profile);
  } finally {
    await site.close();
  }
}

export const openCameras = (page, recorder) =>
  page.evaluate(async (how) => {
    const { cameras, microphones } = await testing.cameras();
    const sources = [0, 2, 0].map((device, i) => ({
      id: `cam_${i + 1}`,
      picture: { kind: "camera", deviceId: cameras[device] },
      microphone: { deviceId: microphones[1 + (i % 2)], channel: 0 },
    }));
    await testing.open(sources, { recorder: how });
    await testing.settle();
  }, recorder);
