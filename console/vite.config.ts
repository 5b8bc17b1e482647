import { resolve } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { licences } from "./tools/licences";

/* speech.wasm and director.wasm are made by the C build, whose folder CROSSCUT_BUILD names. */
const build = resolve(process.env["CROSSCUT_BUILD"] ?? resolve(__dirname, "../build"));

function pages(mode: string): Record<string, string> {
  const shipped = Object.fromEntries(["index", "composite"].map((name) => [name, resolve(__dirname, `${name}.html`)]));
  if (mode !== "test") return shipped;
  const tests = ["gallery", "core", "capture"];
  return { ...shipped, ...Object.fromEntries(tests.map((name) => [name, resolve(__dirname, `${name}.html`)])) };
}

/* Mode "test" is what the browser tests load: with ?testShow=, the gallery of views, and the core
 * and capture alone. What we ship holds none of them. */
export default defineConfig(({ mode }) => ({
  plugins: [react(), licences(true)],
  define: { __TEST__: JSON.stringify(mode === "test") },
  resolve: {
    alias: [
      { find: /^wasm\/director\.wasm/, replacement: resolve(build, "src/director/director.wasm") },
      { find: /^wasm\/speech\.wasm/, replacement: resolve(build, "src/speech/speech.wasm") },
    ],
  },
  worker: { format: "es", plugins: () => [licences(false)] },
  build: {
    target: "es2022",
    assetsInlineLimit: 0, /* no data: addresses: the page's policy refuses them */
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1000,
    rollupOptions: {
      input: pages(mode),
    },
  },
  server: { proxy: { "/socket.io": { target: "http://127.0.0.1:7077", ws: true } } },
  /* A time limit is for what hangs: the machine may be busy with other tests. */
  test: { setupFiles: ["src/testing/setup.ts"], include: ["src/**/*.test.{ts,tsx}"], environment: "node", restoreMocks: true, testTimeout: 120_000, hookTimeout: 120_000 },
}));
