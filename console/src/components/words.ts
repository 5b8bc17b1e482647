/* Times, sizes and states as people say them. */
import type { Link, RecordingFile, Role, Room } from "../core/studio";

const two = (n: number) => String(n).padStart(2, "0");

/* 00:24:17 */
export function clockOf(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  return `${two(Math.floor(s / 3600))}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

/* 24:17, 1:02:03 */
export function timeOf(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const hours = Math.floor(s / 3600);
  const rest = `${Math.floor(s / 60) % 60}:${two(s % 60)}`;
  return hours ? `${hours}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : rest;
}

/* 3 s, 24 min, 1 h 5 min */
export function lengthOf(ms: number): string {
  const s = Math.round(ms / 1000);
  if (s < 60) return `${s} s`;
  const min = Math.round(s / 60);
  if (min < 60) return `${min} min`;
  return min % 60 ? `${Math.floor(min / 60)} h ${min % 60} min` : `${min / 60} h`;
}

/* 1.8 s */
export function secondsOf(ms: number): string {
  return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
}

const UNITS = ["bytes", "KB", "MB", "GB", "TB"];

/* 612 MB, 2.1 GB */
export function sizeOf(bytes: number): string {
  let unit = 0;
  let n = bytes;
  while (n >= 1000 && unit < UNITS.length - 1) {
    n /= 1000;
    unit++;
  }
  return `${unit > 0 && n < 10 ? n.toFixed(1) : Math.round(n)} ${UNITS[unit] ?? ""}`;
}

export function percentOf(part: number): string {
  return `${Math.round(100 * part)} %`;
}

export function dayOf(rfc3339: string): string {
  const day = new Date(rfc3339);
  if (Number.isNaN(day.getTime())) return rfc3339;
  return day.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

export const ROLES: Record<Role, string> = {
  person: "A person",
  wide: "Everybody",
  screen: "Screen or slides",
  mic: "Sound only",
};

const PATIENCE = ["restless", "lively", "balanced", "calm", "very calm"];

export function patienceWord(patience: number): string {
  if (Number.isNaN(patience)) return "your own";
  return PATIENCE[Math.min(4, Math.max(0, Math.floor((patience / 10.01) * 5)))] ?? "";
}

export function linkWords(link: Link): string {
  if (link.state === "connecting") return "connecting to the server …";
  if (link.state === "offline") return "server out of reach · recording goes on here";
  return "online";
}

/* How far uploads are behind, and how long the room lasts. */
export function roomWords(room: Room): string {
  const words: string[] = [];
  if (room.serverFreeBytes !== null) words.push(`${sizeOf(room.serverFreeBytes)} free on the server`);
  if (room.browserFreeBytes !== null) words.push(`${sizeOf(room.browserFreeBytes)} in this browser`);
  if (room.secondsLeft !== null) words.push(`room for ${lengthOf(room.secondsLeft * 1000)}`);
  return words.join(" · ");
}

/* Below this levels cannot tell who speaks. */
export const APART_LEAST_DB = 4;

/* How well a microphone hears its own person and not the others. `db`: how much quieter these are. */
export function isolationWords(db: number | null): { good: boolean; text: string } | null {
  if (db === null) return null;
  if (db < 0) return { good: false, text: "Somebody else is louder here. Move this microphone nearer to its person, or choose another" };
  if (db < APART_LEAST_DB) return { good: false, text: "The others are nearly as loud here. Move this microphone nearer to its person" };
  const quieter = `The others are ${Math.round(db)} dB quieter here`;
  return { good: true, text: db < 8 ? `${quieter}: enough, nearer would be better` : `${quieter}: good` };
}

/* The level of a voice in its microphone, by the sound check. */
export function levelWords(db: number): string {
  if (db < -50) return "The voice is very quiet: move the microphone nearer, or turn it up.";
  if (db > -10) return "The voice is very loud: turn the microphone down.";
  return "The voice has a good level.";
}

export function plural(n: number, one: string, many: string): string {
  return `${n} ${n === 1 ? one : many}`;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export interface Problem<Field> {
  field: Field | null; /* null: it is of none, or of one that was not asked for */
  text: string;
}

/* The server begins with the field that it refuses, where it refuses one. */
export function problemOf<Field extends string>(error: unknown, fields: readonly Field[]): Problem<Field> {
  const message = messageOf(error);
  const field = fields.find((one) => message.startsWith(`${one}: `));
  if (field === undefined) return { field: null, text: message };
  const text = message.slice(field.length + 2);
  return { field, text: text.charAt(0).toUpperCase() + text.slice(1) };
}

/* Up to where all that is recorded now is on the server; earlier parts that are there whole do not
 * hold it back. */
export function safeUntilOf(files: RecordingFile[]): number {
  const open = files.filter(({ state }) => state !== "done");
  if (open.length === 0) return Math.max(0, ...files.map(({ safeUntil }) => safeUntil));
  return Math.min(...open.map(({ safeUntil }) => safeUntil));
}
