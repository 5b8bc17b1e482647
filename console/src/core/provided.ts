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

/* The recordings that the server has of its sample show; none: it was not made. */
export async function sampleShow(get: (path: string) => Promise<Response> = (path) => fetch(path)): Promise<Provided[]> {
  const response = await get("/sample").catch(() => null);
  if (!response?.ok) return [];
  const { files } = (await response.json().catch(() => ({}))) as { files?: { name: string }[] };
  return (files ?? [])
    .map(({ name }) => name)
    .filter((name) => PLAYED.test(name))
    .map((name) => ({
      label: labelOf(name),
      role: /wide/.test(name) ? ("wide" as const) : ("person" as const),
      url: `/sample/${encodeURIComponent(name)}`,
    }))
    /* Those who speak first, the wide camera last. */
    .sort((a, b) => Number(a.role === "wide") - Number(b.role === "wide"));
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
