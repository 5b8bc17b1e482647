/* What the spool and its worker say to each other: one call, one answer. */
import type { SpoolShow } from "../spool";

export interface FileState {
  name: string;
  bytes: number;
  memoryBytes: number;
  keptUntil: number;
  isClosed: boolean;
  isTorn: boolean;
}

export interface ShowState {
  show: SpoolShow;
  files: FileState[];
}

export interface Calls {
  begin: { in: { show: SpoolShow }; out: void };
  create: { in: { sessionId: string; name: string }; out: void };
  append: { in: { sessionId: string; name: string; bytes: Uint8Array; until: number }; out: { bytes: number; memoryBytes: number } };
  release: { in: { sessionId: string; name: string; bytes: number }; out: { memoryBytes: number } };
  close: { in: { sessionId: string; name: string }; out: void };
  read: { in: { sessionId: string; name: string; offset: number; length: number }; out: Uint8Array };
  sha256: { in: { sessionId: string; name: string }; out: string };
  remove: { in: { sessionId: string; name: string }; out: void };
  list: { in: { without: string[] }; out: ShowState[] };
  keepEvents: { in: { sessionId: string; events: object[] }; out: void };
  keptEvents: { in: { sessionId: string }; out: object[] };
  end: { in: { sessionId: string }; out: void };
}

/* Where the files lie: said once, before anything is asked. */
export type Root = "shows" | "phone";

export type CallName = keyof Calls;
export interface Request {
  id: number;
  name: CallName;
  args: unknown;
}
export type Answer = { id: number; result: unknown } | { id: number; error: string; isFull: boolean };
