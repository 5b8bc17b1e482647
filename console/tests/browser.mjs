/* What browser tests share: a Chromium with virtual cameras, and the console as Vite serves it. */
import { mkdtempSync, rmSync } from "node:fs";
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
  const server = await createServer({ root, mode: "test", logLevel: "error", server: { port: 0, host: "127.0.0.1", hmr: false } });
  await server.listen();
  const { port } = server.httpServer.address();
  const visit = async () => {
    const context = await chromium.launchPersistentContext(profile, {
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
  const close = async () => {
    await server.close();
    rmSync(profile, { recursive: true, force: true });
  };
  return { visit, close, profile };
}
