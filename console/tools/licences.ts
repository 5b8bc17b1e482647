import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

/* Writes licences.txt: what came from elsewhere into the bundle, and under which terms. */
const packages = new Set<string>();

function folderOf(id: string): string | null {
  return /^\0?(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1] ?? null;
}

function termsOf(folder: string): string {
  const { name, version, license, repository } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    name: string;
    version: string;
    license?: string;
    repository?: string | { url?: string };
  };
  const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
  const source = typeof repository === "string" ? repository : repository?.url;
  const text = file ? readFileSync(join(folder, file), "utf8").trim() : "";
  return [`${name} ${version} (${license ?? "see below"})`, source ? `Source: ${source}` : "", text].filter(Boolean).join("\n");
}

/* One for the page and one for the workers, which come first; the page's writes. */
export function licences(writes: boolean): Plugin {
  return {
    name: "licences",
    apply: "build",
    moduleParsed({ id }) {
      const folder = folderOf(id);
      if (folder && existsSync(join(folder, "package.json"))) packages.add(folder);
    },
    generateBundle() {
      if (!writes) return;
      const source = `${[...packages].sort().map(termsOf).join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
      this.emitFile({ type: "asset", fileName: "licences.txt", source });
    },
  };
}
