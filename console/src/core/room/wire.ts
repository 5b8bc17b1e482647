/* What goes through a room as data: topics, and reading what others wrote. Anybody in the room may
 * send anything; who sent it is LiveKit's word. */
import { MOST_TEXT, type ProgramChange, type TrackName } from "./room";

export const PROGRAM_TOPIC = "crosscut"; /* the server's */
export const CHAT_TOPIC = "crosscut-chat";
export const EVENT_TOPIC = "crosscut-event";

const MOST_BYTES = 8192;
/* Nobody types faster. */
export const MOST_LINES_A_SECOND = 5;

export const isHost = (identity: string): boolean => identity.startsWith("host-");
export const isViewer = (identity: string): boolean => identity.startsWith("viewer-");
/* A guest: its identity is its source. */
export const isGuest = (identity: string): boolean => identity !== "" && !isHost(identity) && !isViewer(identity);

const NAMES: readonly string[] = ["camera", "microphone", "program", "program-sound"] satisfies TrackName[];

/* The program is a host's: what a guest publishes under that name is not looked at. */
export function nameOf(identity: string, trackName: string): TrackName | null {
  if (!NAMES.includes(trackName) || isViewer(identity)) return null;
  return trackName.startsWith("program") && !isHost(identity) ? null : (trackName as TrackName);
}

export function encode(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value)) as Uint8Array<ArrayBuffer>;
}

export function decode(bytes: Uint8Array): Record<string, unknown> | null {
  return bytes.byteLength > MOST_BYTES ? null : objectOf(new TextDecoder().decode(bytes));
}

function objectOf(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/* {"program":{source,t,reason,seq,track}}, of a message or of the room's metadata. */
export function programOf(said: Record<string, unknown> | string | undefined): ProgramChange | null {
  const whole = typeof said === "string" ? objectOf(said) : said;
  const program = whole?.["program"];
  if (typeof program !== "object" || program === null) return null;
  const { source, t, reason, seq } = program as Record<string, unknown>;
  if (typeof t !== "number" || typeof seq !== "number") return null;
  return { source: typeof source === "string" ? source : null, t, reason: typeof reason === "string" ? reason : "", seq };
}

export function chatTextOf(text: unknown): string {
  return typeof text === "string" ? text.trim().slice(0, MOST_TEXT) : "";
}
