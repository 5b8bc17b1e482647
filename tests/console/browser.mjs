// What browser tests share: Chromium without anything that calls home, a server of the bundle that
// is as strict as the real one, TAP.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { extname, join, normalize } from "node:path";

export const SOURCE = process.env.CROSSCUT_SOURCE ?? new URL("../..", import.meta.url).pathname;
export const BUILD = process.env.CROSSCUT_BUILD ?? join(SOURCE, "build");
// Sanitised builds stand in build/asan; the packages are in build/.
const NODE_FOLDERS = [join(BUILD, "node"), join(SOURCE, "build/node")];

export function packageOf(name) {
  for (const folder of NODE_FOLDERS) {
    try {
      return createRequire(join(folder, "package.json"))(name);
    } catch (error) {
      if (error.code !== "MODULE_NOT_FOUND") throw error;
    }
  }
  console.log(`1..0 # SKIP needs npm's ${name}: make test-deps`);
  process.exit(0);
}

export function pathOf(name) {
  for (const folder of NODE_FOLDERS) {
    try {
      return createRequire(join(folder, "package.json")).resolve(name);
    } catch {
      /* the next */
    }
  }
  throw new Error(`${name} is not installed`);
}

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".wasm": "application/wasm" };

// The policy as src/console/include/console/console.h has it.
export async function readPolicy() {
  const header = await readFile(join(SOURCE, "src/console/include/console/console.h"), "utf8");
  const macro = header.slice(header.indexOf("#define CONSOLE_CONTENT_SECURITY_POLICY"));
  return [...macro.matchAll(/"([^"]*)"/g)].map((match) => match[1]).join("").replace("%s", "");
}

// The console asks for cameras by itself where the browser has allowed them: the button that does so may be
// gone before it is pressed. `camera`: what is there when they are.
export async function allowDevices(page, camera) {
  const ask = page.getByRole("button", { name: "Use cameras and microphones", exact: true });
  await ask.or(camera).first().waitFor();
  await ask.click({ timeout: 2000 }).catch(() => {});
  await camera.waitFor();
}

export async function serve(folder) {
  const policy = await readPolicy();
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url, "http://x").pathname);
    try {
      const bytes = await readFile(join(folder, path));
      response.writeHead(200, { "Content-Type": TYPES[extname(path)] ?? "application/octet-stream", "Content-Security-Policy": policy });
      response.end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { address: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

export async function launch(more = []) {
  const { chromium } = packageOf("playwright-core");
  return chromium.launch({
    executablePath: process.env.CROSSCUT_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", ...more],
  });
}

// Runs named tests one after another and prints TAP.
export async function runTap(tests) {
  let failed = 0;
  console.log(`1..${tests.length}`);
  for (const [i, [name, test]] of tests.entries()) {
    try {
      await test();
      console.log(`ok ${i + 1} - ${name}`);
    } catch (error) {
      failed++;
      console.log(`not ok ${i + 1} - ${name}`);
      console.log(String(error?.stack ?? error).replace(/^/gm, "# "));
    }
  }
  return failed;
}
