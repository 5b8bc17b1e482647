/* What this browser remembers for next time, in localStorage: by device, so that a camera that comes
 * back is who it was. Storage that is refused or broken is as good as empty. */
import type { Format, Microphone, Picture, Role } from "./studio";
import type { Voice } from "./speech/check";

export interface SavedSource {
  label: string;
  role: Role;
  priority: number;
  microphone: Microphone | "own" | null;
}

export interface SavedGain {
  gainDb: number;
  voice: Voice;
}

/* The sources of a running show, to go on after a reload. */
export interface SavedShow {
  sessionId: string;
  sources: { id: string; picture: Picture; microphone: Microphone | "own" | null; gainDb: number | null }[];
  format: Format;
}

export interface Saved {
  name: string;
  cameras: Record<string, SavedSource>; /* by device id of the picture, or "mic:<id>:<channel>" */
  gains: Record<string, number>; /* by microphone */
  settings: Record<string, number>;
  format: Partial<Format>;
  shows: SavedShow[];
}

const KEY = "crosscut";
const SHOWS = 8;

const EMPTY: Saved = { name: "", cameras: {}, gains: {}, settings: {}, format: {}, shows: [] };

type Store = Pick<Storage, "getItem" | "setItem">;

function store(): Store | null {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}

export function load(from: Store | null = store()): Saved {
  try {
    const value: unknown = JSON.parse(from?.getItem(KEY) ?? "{}");
    return value !== null && typeof value === "object" ? { ...EMPTY, ...value } : { ...EMPTY };
  } catch {
    return { ...EMPTY };
  }
}

export function save(change: Partial<Saved>, to: Store | null = store()): void {
  try {
    to?.setItem(KEY, JSON.stringify({ ...load(to), ...change }));
  } catch {
    /* full or refused: next time it is set up anew */
  }
}

export function rememberShow(show: SavedShow, to: Store | null = store()): void {
  const others = load(to).shows.filter(({ sessionId }) => sessionId !== show.sessionId);
  save({ shows: [show, ...others].slice(0, SHOWS) }, to);
}

export function forgetShow(sessionId: string, to: Store | null = store()): void {
  save({ shows: load(to).shows.filter((show) => show.sessionId !== sessionId) }, to);
}

export function pictureKey(picture: Picture, microphone: Microphone | "own" | null): string | null {
  if (picture.kind === "camera") return picture.deviceId;
  if (picture.kind === "screen") return "screen";
  if (picture.kind === "none" && microphone !== null && microphone !== "own") return `mic:${microphoneKey(microphone)}`;
  return null;
}

export function microphoneKey(microphone: Microphone): string {
  return `${microphone.deviceId}:${microphone.channel}`;
}
