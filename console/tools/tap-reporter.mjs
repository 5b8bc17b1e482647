// Prints vitest's results as TAP, one line for each test, for Meson and tests/run.
export default class TapReporter {
  onTestRunEnd(modules, unhandled) {
    const lines = [];
    for (const module of modules) {
      for (const error of module.errors()) lines.push([false, module.moduleId, error.stack ?? error.message]);
      for (const test of module.children.allTests()) {
        const result = test.result();
        const errors = (result.errors ?? []).map((error) => error.stack ?? error.message).join("\n");
        const skip = result.state === "skipped" ? " # SKIP" : "";
        lines.push([result.state !== "failed", `${test.fullName.replaceAll("#", "")}${skip}`, errors]);
      }
    }
    for (const error of unhandled) lines.push([false, "an error outside of any test", error.stack ?? error.message]);
    lines.forEach(([good, name, why], i) => {
      console.log(`${good ? "ok" : "not ok"} ${i + 1} - ${name}`);
      if (!good && why) console.log(why.replace(/^/gm, "# "));
    });
    console.log(`1..${lines.length}`);
  }
}
