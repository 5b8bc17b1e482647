// A page of the console's test bundle in a Chromium with virtual cameras, whose storage outlives it.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BUILD, SOURCE, packageOf, serve } from "./browser.mjs";

const FLAGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--use-fake-ui-for-media-stream",
  "--use-fake-device-for-media-stream=device-count=3,fps=30",
  "--autoplay-policy=no-user-gesture-required",
];

export function buildBundle(name) {
  packageOf("playwright-core");
  const folder = join(BUILD, name);
  execFileSync(
    join(SOURCE, "console/node_modules/.bin/vite"),
    ["build", "--mode", "test", "--outDir", folder, "--emptyOutDir", "--logLevel", "error"],
    { cwd: join(SOURCE, "console"), env: { ...process.env, CROSSCUT_BUILD: BUILD } },
  );
  return folder;
}

export async function openPage(folder, path) {
  const { chromium } = packageOf("playwright-core");
  const profile = mkdtempSync(join(tmpdir(), "crosscut-"));
  const server = await serve(folder);
  let context = null;

  const visit = async () => {
    context = await chromium.launchPersistentContext(profile, {
      executablePath: process.env.CROSSCUT_CHROMIUM ?? "/usr/bin/chromium",
      headless: false,
      args: FLAGS,
    });
    const page = await context.newPage();
    const errors = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    await page.goto(`${server.address}${path}`);
    return { context, page, errors };
  };
  // As a power cut or a crash would end it.
  const kill = () => processesOf(profile).forEach((pid) => signal(pid, "SIGKILL"));
  const close = async () => {
    await context?.close().catch(() => undefined);
    server.close();
    rmSync(profile, { recursive: true, force: true });
  };
  return { visit, kill, close, profile };
}

// Every process of the browser with this profile.
export function processesOf(profile) {
  const parents = new Map();
  const found = new Set();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number)) {
    const [line, stat] = [read(pid, "cmdline"), read(pid, "stat")];
    parents.set(pid, Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
    if (line.includes(profile)) found.add(pid);
  }
  for (let size = 0; size < found.size; ) {
    size = found.size;
    for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid);
  }
  return [...found];
}

function read(pid, name) {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "latin1");
  } catch {
    return ""; // ended meanwhile
  }
}

function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch {
    // ended meanwhile
  }
}
