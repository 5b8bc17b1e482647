// What the tests of the whole studio share: the server as people start it, its show on disk, the page
// in Chromium, and a look at each page.
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import assert from "node:assert/strict";
import { BUILD, launch, pathOf } from "../console/browser.mjs";
import { freePort } from "../support/ports.mjs";

export const PROGRAM = join(BUILD, "crosscut");
export const TOKEN = "mQ3x_Wz81-LhkV7f-c0";
export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// Everything here may be slow: the end of each wait is for what will never come.
export const LONG_MS = 180_000;

export async function until(what, look, ms = LONG_MS) {
  let last;
  for (const end = Date.now() + ms; Date.now() < end; await sleep(200)) {
    last = await look();
    if (last) return last;
  }
  throw new Error(`it did not come to this: ${what}`);
}

// Each step stands on the one before; the last, which ends things, runs in any case. `keep` keeps what there
// is to see when one fails.
export function inTurn(steps, keep, prefix = "") {
  let broken = null;
  return steps.map(([name, step], i) => [`${prefix}${name}`, async () => {
    if (broken && i < steps.length - 1) throw new Error(`needs what failed before: ${broken}`);
    try {
      await step();
    } catch (error) {
      broken ??= name;
      await Promise.resolve().then(keep).catch(() => {}); // why it failed is what counts
      throw error;
    }
  }]);
}

// `crosscut serve` in a folder of its own; after kill() it starts again on the port of before.
export class Server {
  static start(sampleShow, ...options) {
    return Server.startWith({}, sampleShow, ...options);
  }

  static async startWith(environment, sampleShow, ...options) {
    const server = new Server();
    server.environment = environment;
    server.folder = await mkdtemp(join(tmpdir(), "crosscut-studio-"));
    server.port = await freePort();
    server.sampleShow = sampleShow;
    server.options = options;
    await server.start();
    return server;
  }

  said = [];

  // The end of its log without what went as usual, for who looks why a test failed.
  tell() {
    const lines = this.said.join("").split("\n").filter((line) => line && !/ answered .* status=2/.test(line));
    console.log(`# ${lines.slice(-15).join("\n# ")}`);
  }

  get address() {
    return `http://127.0.0.1:${this.port}`;
  }

  async start() {
    const options = ["serve", "--listen", `127.0.0.1:${this.port}`, "--storage", join(this.folder, "storage"), "--sample-show", this.sampleShow, "--auto-render", "off", ...this.options];
    const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("CROSSCUT_")));
    this.process = spawn(PROGRAM, options, {
      cwd: this.folder,
      env: { ...clean, ...this.environment, CROSSCUT_ADMIN_TOKEN: TOKEN, XDG_RUNTIME_DIR: join(this.folder, "run"), XDG_DATA_HOME: join(this.folder, "data") },
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.process.stderr.on("data", (text) => this.said.push(String(text)));
    process.once("exit", () => this.process.kill("SIGKILL"));
    this.ended = new Promise((done) => this.process.once("exit", done));
    await until("the server answers", () => fetch(`${this.address}/healthz`).then((answer) => answer.ok, () => false));
  }

  async kill() {
    this.process.kill("SIGKILL");
    await this.ended;
  }

  async ask(path) {
    const answer = await fetch(this.address + path, { headers: { Authorization: `Bearer ${TOKEN}` } });
    assert.ok(answer.ok, `${path}: ${answer.status}`);
    return answer.json();
  }

  showFolder(id) {
    return join(this.folder, "storage", "sessions", id);
  }

  // The log as it lies on the disk; a line that is being written counts later.
  log(id) {
    const lines = readFileSync(join(this.showFolder(id), "events.log"), "utf8").split("\n");
    return lines.slice(0, -1).map((line) => JSON.parse(line));
  }

  recordings(id) {
    return readdirSync(this.showFolder(id)).filter((name) => /\.(mkv|webm)$/.test(name)).sort();
  }

  async end() {
    this.process.kill("SIGTERM");
    const isOver = await Promise.race([this.ended.then(() => true), sleep(60_000).then(() => false)]);
    if (!isOver) await this.kill();
    if (!process.env.CROSSCUT_TEST_KEEP) await rm(this.folder, { recursive: true });
    else console.log(`# kept: ${this.folder}`);
    assert.ok(isOver, "the server does not end when told to");
  }
}

const PICTURES = join(BUILD, "screenshots");
const LOOKS = [
  ["dark", { colorScheme: "dark" }, { width: 1440, height: 900 }],
  ["light", { colorScheme: "light" }, { width: 1440, height: 900 }],
  ["phone", { colorScheme: "dark" }, { width: 390, height: 844 }],
];
const AXE = readFileSync(pathOf("axe-core/axe.min.js"), "utf8");

async function show(page, [, media, size]) {
  await page.emulateMedia(media);
  await page.setViewportSize(size);
}

async function keep(page, name) {
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`) });
}

// Keeps a picture of the page in each look, and asks axe in each.
export async function lookAt(page, name) {
  const session = await page.context().newCDPSession(page);
  await session.send("Runtime.evaluate", { expression: AXE }); // the page's policy does not bind the debugger
  const found = [];
  for (const look of LOOKS) {
    await show(page, look);
    await keep(page, `${name}-${look[0]}`);
    const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    for (const { impact, id, nodes } of violations)
      if (["serious", "critical"].includes(impact)) found.push(`${look[0]}: ${impact} ${id}: ${nodes.map(({ target }) => target.join(" ")).join(" | ")}`);
    if (wide > 0) found.push(`${look[0]}: ${wide} pixels wider than the screen`);
  }
  await show(page, LOOKS[0]);
  await session.detach();
  assert.deepEqual(found, [], `the page ${name}`);
}

// Chromium with one page of the console. What its console says is kept with the time.
export class Browser {
  static async open(...options) {
    const browser = new Browser();
    browser.chromium = await launch(options);
    browser.context = await browser.chromium.newContext({ reducedMotion: "reduce" });
    browser.page = await browser.context.newPage();
    browser.page.setDefaultTimeout(LONG_MS);
    const keep = (text) => browser.said.push({ at: Date.now(), text });
    browser.page.on("console", (message) => message.type() === "error" && keep(`${message.text()} ${message.location().url}`));
    browser.page.on("pageerror", (error) => keep(String(error.stack)));
    browser.page.on("dialog", (dialog) => void dialog.accept().catch(() => {}));
    await show(browser.page, LOOKS[0]);
    return browser;
  }

  said = [];

  keep(name) {
    return keep(this.page, name);
  }

  look(name) {
    return lookAt(this.page, name);
  }

  button(name) {
    return this.page.getByRole("button", { name, exact: true });
  }

  async press(name) {
    await this.button(name).first().click({ timeout: LONG_MS });
  }

  async sees(text) {
    await this.page.getByText(text).first().waitFor({ timeout: LONG_MS });
  }

  onAir() {
    return this.page.locator(".tile[aria-current=true]").getAttribute("aria-keyshortcuts").then((key) => key && `cam_${key}`, () => null);
  }

  async end() {
    await this.chromium.close();
  }
}
