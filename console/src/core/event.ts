/* Lines of a show's log, as they go over the link (docs/FORMATS.md, docs/API.md). */
import type { Role, SourceId } from "./studio";

export interface LogEvent {
  id: string;
  type: string;
  t: number; /* when the sender knew it, ms on the session clock */
  source?: SourceId;
  seq?: number; /* the server's order */
  at?: number; /* when the director was fed it */
  epoch?: number; /* who decided; left out when 0 */
  edge_t?: number; /* the moment in the sound itself */
  [member: string]: unknown;
}

export interface LogSource {
  id: SourceId;
  label: string;
  role: Role;
  priority?: number; /* left out: 0 */
  camera?: SourceId;
}

/* Lines that move a director; the others do not matter to who decides. */
const MOVING = new Set([
  "speaking_start",
  "speaking_stop",
  "manual_cut",
  "auto_resume",
  "source_lost",
  "source_back",
  "settings",
  "sources",
  "session_start",
]);

export function movesDirector(event: LogEvent): boolean {
  return MOVING.has(event.type) || (event.type === "marker" && event["kind"] === "slide");
}

export function atOf(event: LogEvent): number {
  return event.at ?? event.t;
}

/* The order in which a director is fed. */
export function inOrder(events: readonly LogEvent[]): LogEvent[] {
  return [...events].sort((a, b) => atOf(a) - atOf(b) || (a.seq ?? Infinity) - (b.seq ?? Infinity) || 0);
}
