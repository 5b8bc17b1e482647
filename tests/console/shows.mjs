// Shows in the console as it is shipped: opened, recorded and stopped as people do, for tests that each
// look at something else of them. Waits are long, for a machine that is busy.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { BUILD, SOURCE } from "./browser.mjs";
import { TOKEN, until } from "../browser/studio.mjs";

export const LONG = { timeout: 120_000 };

// The folder of the sample show's cameras.
export const sampleShow = () =>
  execFileSync("python3", ["-c", "import show; print(show.sample_show())"], {
    cwd: join(SOURCE, "tests/support"),
    env: { ...process.env, CROSSCUT_SOURCE: SOURCE, CROSSCUT_BUILD: BUILD },
    encoding: "utf8",
  }).trim();

// A page of its set-up; what goes wrong within it is added to `errors`.
export async function openConsole(context, server, errors) {
  const page = await context.newPage();
  page.on("pageerror", (error) => errors.push(String(error.stack)));
  page.setDefaultTimeout(LONG.timeout);
  await page.goto(`${server.address}/#token=${TOKEN}`);
  await page.getByRole("button", { name: "Open a sample show" }).waitFor();
  return page;
}

// Few and small pictures.
export async function small(page) {
  await page.getByLabel("Size").selectOption("360");
  await page.getByLabel("Pictures a second").selectOption("24");
}

export const said = (page, text) => page.locator(".notice", { hasText: text }).first().waitFor(LONG);
export const unsaid = (page, text) => page.locator(".notice", { hasText: text }).first().waitFor({ state: "detached", ...LONG });
export const onAir = (page, camera) => page.locator(".program .badges", { hasText: `camera ${camera}` }).waitFor(LONG);
export const running = async (server) => (await server.ask("/sessions")).sessions.filter(({ state }) => state === "recording");

// Its id, once something of every recording is on the server.
export async function record(page, server) {
  await page.getByRole("button", { name: "Record", exact: true }).click();
  await page.getByRole("button", { name: "Stop recording" }).waitFor(LONG);
  const id = await until("the server has the show", async () => (await running(server))[0]?.id);
  await until("something of every recording is on the server", () => server.recordings(id).length >= 2 && server.log(id).filter(({ type }) => type === "record_start").length >= 2);
  return id;
}

export async function stop(page, server, id) {
  await page.getByRole("button", { name: "Stop recording" }).click();
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await page.getByText("Everything is on the server.").waitFor(LONG);
  await until("the show is complete", async () => (await server.ask(`/sessions/${id}`)).state === "complete");
  execFileSync(join(BUILD, "crosscut"), ["verify", server.showFolder(id)], { stdio: ["ignore", "ignore", "inherit"] });
}
