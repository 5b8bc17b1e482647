/* Sources that are not devices: the sample show, and the shows of tests. */
import type { Role } from "./studio";

export interface Provided {
  label: string;
  role: Role;
  url: string; /* of a recording with picture and sound */
}

const PLAYED = /\.(webm|mp4|mov|mkv)$/;

function labelOf(file: string): string {
  const stem = file.replace(PLAYED, "").replace(/[_-]+/g, " ");
  return stem.charAt(0).toUpperCase() + stem.slice(1);
}

/* The host first, the camera that sees everybody last. */
function place({ label, role }: Provided): number {
  return role === "wide" ? 2 : label === "Host" ? 0 : 1;
}

/* Its cameras started one after the other: "#t=<s>" in an address is where all of them run. */
async function begins(get: Get): Promise<Map<string, number>> {
  const response = await get("/sample/truth.json").catch(() => null);
  const truth = response?.ok ? ((await response.json().catch(() => ({}))) as { files?: { file: string; start: number }[] }) : {};
  const files = truth.files ?? [];
  const last = Math.max(...files.map(({ start }) => start));
  return new Map(files.map(({ file, start }) => [file, last - start]));
}

type Get = (path: string) => Promise<Response>;

/* The recordings that the server has of its sample show; none: it was not made. */
export async function sampleShow(get: Get = (path) => fetch(path)): Promise<Provided[]> {
  const response = await get("/sample").catch(() => null);
  if (!response?.ok) return [];
  const { files } = (await response.json().catch(() => ({}))) as { files?: { name: string }[] };
  const names = (files ?? []).map(({ name }) => name);
  const starts = names.includes("truth.json") ? await begins(get) : new Map<string, number>();
  return names
    .filter((name) => PLAYED.test(name))
    .map((name) => ({
      label: labelOf(name),
      role: /wide/.test(name) ? ("wide" as const) : ("person" as const),
      url: `/sample/${encodeURIComponent(name)}${starts.get(name) ? `#t=${starts.get(name)!.toFixed(3)}` : ""}`,
    }))
    .sort((a, b) => place(a) - place(b));
}

/* Test builds only: ?testShow=<url> of {"sources":[{"label","role","video"}…],"name"?,"recorder"?}. */
export interface TestShow {
  name?: string;
  recorder?: "webcodecs" | "mediarecorder";
  sources: { label: string; role?: Role; video: string }[];
}

export async function testShow(address: string): Promise<TestShow | null> {
  if (!__TEST__) return null;
  const url = new URL(address).searchParams.get("testShow");
  return url === null ? null : ((await (await fetch(url)).json()) as TestShow);
}
