/* What browser tests share: a Chromium with virtual cameras, and the console as Vite serves it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { createServer } from "vite";

const FLAGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--use-fake-ui-for-media-stream",
  "--autoplay-policy=no-user-gesture-required",
];

/* The page at `path`, with storage that a later visit can open again. */
export async function openPage(path, { cameras = 3, rate = 30, profile = mkdtempSync(join(tmpdir(), "crosscut-")) } = {}) {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const server = await createServer({ root, mode: "test", logLevel: "error", server: { port: 0, host: "127.0.0.1", hmr: false, fs: { strict: false } } });
  await server.listen();
  const { port } = server.httpServer.address();
  let context = null;
  const visit = async () => {
    context = await chromium.launchPersistentContext(profile, {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      headless: false,
      args: [...FLAGS, `--use-fake-device-for-media-stream=device-count=${cameras},fps=${rate}`],
    });
    const page = await context.newPage();
    const errors = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    await page.goto(`http://127.0.0.1:${port}${path}`);
    return { context, page, errors };
  };
  /* As a power cut or a crash would end it. The browser's first process has the profile as an argument. */
  const kill = () => {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      const line = commandLine(pid);
      if (line.includes(profile)) killProcess(Number(pid));
    }
  };
  const close = async () => {
    await context?.close().catch(() => undefined);
    await server.close();
    rmSync(profile, { recursive: true, force: true });
  };
  return { visit, kill, close };
}

function commandLine(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return ""; /* ended meanwhile */
  }
}

function killProcess(pid) {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    /* ended meanwhile */
  }
}
