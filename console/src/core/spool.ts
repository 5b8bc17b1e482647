/* What was recorded lies here first: files in the browser's own storage (OPFS), appended, read back
 * by the sender. Nothing is removed before the server has acknowledged it whole.
 *
 * When the storage is full, recordings grow on in memory: they are not safe there, but they are sent all
 * the same, and go into storage as soon as it has room again. */

export interface SpoolFile {
  readonly sessionId: string;
  readonly name: string; /* as on the server: "cam_1_iso.mkv" */
  readonly bytes: number; /* in this browser's storage, and behind it in memory */
  readonly memoryBytes: number; /* of these only in memory: gone when the page closes */
  readonly keptUntil: number; /* ms on the session clock up to which that is */
  readonly isClosed: boolean; /* nothing will be appended any more */
  readonly isTorn: boolean; /* of an earlier visit: its end was only in memory, so the server may have more */
  /* Resolves when it is in storage; `until`: ms on the session clock that the bytes reach. At most
   * one chunk (≤ 2 s) is given at a time; the calls may overlap and keep their order. Rejects when
   * storage and memory are full: the recording then goes on as the caller decides. */
  append(bytes: Uint8Array, until: number): Promise<void>;
  /* The file is whole. */
  close(): Promise<void>;
  read(offset: number, length: number): Promise<Uint8Array>;
  /* The server has it up to here: what is in memory need not be kept. */
  release(bytes: number): void;
  /* SHA-256 of all of it, once it is closed; 64 lower-case hex digits. */
  sha256(): Promise<string>;
  remove(): Promise<void>;
}

export interface SpoolShow {
  sessionId: string;
  name: string;
  uploadToken: string;
  startedAt: string; /* RFC 3339 */
}

export interface Spool {
  begin(show: SpoolShow): Promise<void>;
  /* Names have to be new: a part that an earlier visit began is not appended to, the next part is. */
  create(sessionId: string, name: string): Promise<SpoolFile>;
  /* Of this and earlier visits; those of a closed tab count as closed. */
  list(): Promise<{ show: SpoolShow; files: SpoolFile[] }[]>;
  /* The events that the server has not acknowledged: kept over a reload. */
  keepEvents(sessionId: string, events: object[]): Promise<void>;
  keptEvents(sessionId: string): Promise<object[]>;
  end(sessionId: string): Promise<void>; /* removes the show with all of its files */
  freeBytes(): Promise<number | null>;
}
