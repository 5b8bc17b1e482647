// What tests of live streams share: a real RTMP server (Debian's nginx), and what its recordings show.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BUILD, SOURCE } from "../console/browser.mjs";
import { freePort } from "../support/ports.mjs";
import { sleep } from "./studio.mjs";

const MODULE = "/usr/lib/nginx/modules/ngx_rtmp_module.so";

// Why there can be no such server here, or null.
export const missing = () => (existsSync(MODULE) ? null : "needs nginx with its RTMP module (apt install nginx-light libnginx-mod-rtmp)");

export function needsRtmp() {
  if (!missing()) return;
  console.log(`1..0 # SKIP ${missing()}`);
  process.exit(0);
}

// Three cameras that show their number and the number of each frame; made once.
export function camerasOf() {
  const cameras = join(BUILD, "browser-show");
  if (!existsSync(join(cameras, "truth.json")))
    execFileSync(join(SOURCE, "samples/make-sample-show"), ["--tools", join(BUILD, "samples"), "-o", cameras, "--height", "360", "--cameras", "3", "--minutes", "1.5", "--together"]);
  return cameras;
}

export class Rtmp {
  // `record`: "all" or "off".
  static async start(record = "all") {
    const rtmp = new Rtmp();
    rtmp.folder = mkdtempSync(join(tmpdir(), "crosscut-rtmp-"));
    rtmp.port = await freePort();
    const config = join(rtmp.folder, "nginx.conf");
    writeFileSync(config, `load_module ${MODULE};
daemon off; master_process off; worker_processes 1;
error_log ${rtmp.folder}/error.log warn; pid ${rtmp.folder}/pid;
events { worker_connections 64; }
rtmp { access_log off; server { listen 127.0.0.1:${rtmp.port};
  application live { live on; record ${record}; record_path ${rtmp.folder}; record_unique on; } } }
`);
    rtmp.process = spawn("nginx", ["-c", config, "-p", rtmp.folder], { stdio: "ignore" });
    process.once("exit", () => rtmp.process.kill("SIGKILL"));
    return rtmp;
  }
  get url() {
    return `rtmp://127.0.0.1:${this.port}/live`;
  }
  recordings() {
    return readdirSync(this.folder).filter((name) => name.endsWith(".flv")).map((name) => join(this.folder, name));
  }
  async end() {
    this.process.kill("SIGTERM");
    await sleep(300);
  }
}

// [camera, frame] of each picture; null: it has no code, as a slate.
export function codesOf(path) {
  const lines = execFileSync(join(BUILD, "samples/read-codes"), [path], { encoding: "utf8", maxBuffer: 1 << 26 }).trim().split("\n");
  return lines.map((line) => line.split(" ")).map(([, camera, frame]) => (camera === "-" ? null : [Number(camera), Number(frame)]));
}

export function timesOf(path, kind) {
  const said = execFileSync("ffprobe", ["-v", "error", "-select_streams", kind, "-show_entries", "packet=dts_time", "-of", "csv=p=0", path], { encoding: "utf8" });
  return said.trim().split("\n").map((line) => Number.parseFloat(line)).filter((t) => !Number.isNaN(t)); // of packets with side data lines have more
}
