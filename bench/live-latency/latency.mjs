// How late viewers and guests see. See README.md.
import { cpus, loadavg } from "node:os";
import { measureRtmp } from "./rtmp.mjs";
import { measureSfu } from "./sfu.mjs";

const [what, seconds] = [process.argv[2] ?? "all", Number(process.argv[3] ?? 30)];
const ms = (value) => `${Math.round(value)} ms`;
const load = () => loadavg().map((value) => value.toFixed(1)).join(" ");

if (!["sfu", "rtmp", "all"].includes(what) || !(seconds > 0)) {
  console.error("latency.mjs sfu|rtmp|all [SECONDS]");
  process.exit(2);
}
console.log(`node bench/live-latency/latency.mjs ${what} ${seconds}`);
console.log(`${cpus().length} × ${cpus()[0].model.trim()}, Node ${process.version}, load ${load()}`);
if (what !== "rtmp") {
  const found = await measureSfu(seconds);
  console.log(`\nover LiveKit, from drawing to showing: p50 ${ms(found.p50)}, p95 ${ms(found.p95)}, most ${ms(found.most)} (${found.n} pictures)`);
  console.log(`  640×360, ${found.drawnRate.toFixed(1)} pictures a second drawn, ${found.shownRate.toFixed(1)} shown, ${found.unread} unread; load ${load()}`);
  if (found.shownRate < 15) console.log("  below 15 a second: this machine is too busy, the numbers mean nothing");
}
if (what !== "sfu")
  for (const found of await measureRtmp(seconds)) {
    console.log(`\nby RTMP, from the console's tile to a decoder, delay ${ms(found.delay)}: p50 ${ms(found.p50)}, p95 ${ms(found.p95)} (${found.n} pictures, ${found.rate.toFixed(1)} a second)`);
    console.log(`  beyond the delay: p50 ${ms(found.p50 - found.delay)}, p95 ${ms(found.p95 - found.delay)}; load ${load()}`);
    if (found.rate < 15) console.log("  below 15 a second: this machine is too busy, the numbers mean nothing");
  }
process.exit(0);
