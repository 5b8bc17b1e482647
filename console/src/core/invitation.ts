/* The link that a phone, a guest or a viewer was given: what it says of itself, and what it means to
 * them when the server does not take it. */
import type { SourceId } from "./studio";

/* To be one source of a show. */
export interface Invitation {
  token: string;
  session: string;
  source: SourceId;
}

/* What a guest's token says; whether it is true is the server's to know. */
export function readGuest(token: string): { session: string; role: string; source: SourceId | null } | null {
  const payload = /^g1\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+$/.exec(token)?.[1];
  if (!payload) return null;
  try {
    const { s, r, c } = JSON.parse(atob(payload.replace(/-/g, "+").replace(/_/g, "/"))) as { s?: string; r?: string; c?: string };
    return s && r ? { session: s, role: r, source: c ?? null } : null;
  } catch {
    return null;
  }
}

export function invitedAs(role: "camera" | "guest", token: string): Invitation | null {
  const said = readGuest(token);
  return said?.role === role && said.source !== null ? { token, session: said.session, source: said.source } : null;
}

/* By the code of an error; null: it ends nothing. */
export function endOf(code: string): "ended" | "refused" | null {
  if (code === "stopped" || code === "gone" || code === "not_found") return "ended";
  return code === "unauthorised" || code === "forbidden" ? "refused" : null;
}
