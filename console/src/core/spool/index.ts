/* The spool in the browser's own storage (OPFS). A worker holds the files, as only workers can write
 * them in place and flush them; here is what the rest of the console sees of it.
 *
 * Shows of other tabs are theirs: while a tab has a show open it holds a lock of its name, and list()
 * leaves such shows out. */
import type { Spool, SpoolFile, SpoolShow } from "../spool";
import type { Answer, CallName, Calls, FileState, Root } from "./protocol";

type Call = <N extends CallName>(name: N, args: Calls[N]["in"], transfer?: Transferable[]) => Promise<Calls[N]["out"]>;

/* `root`: a phone keeps its own recordings apart from those of a console in the same browser. */
export function openSpool(root: Root = "shows"): Spool {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "spool" });
  worker.postMessage({ root });
  const call = connect(worker);
  const files = new Map<string, StoredFile>();
  const locks = new Locks(root === "shows" ? "crosscut-show-" : `crosscut-${root}-show-`);

  function file(sessionId: string, state: FileState): StoredFile {
    const key = `${sessionId}/${state.name}`;
    const known = files.get(key) ?? new StoredFile(call, sessionId, state, () => files.delete(key));
    files.set(key, known);
    return known;
  }

  return {
    async begin(show: SpoolShow) {
      await locks.take(show.sessionId);
      await navigator.storage.persist?.().catch(() => false);
      await call("begin", { show });
    },
    async create(sessionId, name) {
      await call("create", { sessionId, name });
      return file(sessionId, { name, bytes: 0, memoryBytes: 0, keptUntil: 0, isClosed: false, isTorn: false });
    },
    async list() {
      const shows = await call("list", { without: await locks.others() });
      return shows.map(({ show, files: states }) => ({ show, files: states.map((state) => file(show.sessionId, state)) }));
    },
    keepEvents: (sessionId, events) => call("keepEvents", { sessionId, events }),
    keptEvents: (sessionId) => call("keptEvents", { sessionId }),
    async end(sessionId) {
      await call("end", { sessionId });
      for (const key of files.keys()) if (key.startsWith(`${sessionId}/`)) files.delete(key);
      locks.give(sessionId);
    },
    async freeBytes() {
      const { quota, usage } = await navigator.storage.estimate();
      return quota === undefined || usage === undefined ? null : Math.max(0, quota - usage);
    },
  };
}

class StoredFile implements SpoolFile {
  readonly name: string;
  bytes: number;
  memoryBytes: number;
  keptUntil: number;
  isClosed: boolean;
  readonly isTorn: boolean;

  constructor(
    private call: Call,
    readonly sessionId: string,
    state: FileState,
    private forget: () => void,
  ) {
    this.name = state.name;
    this.bytes = state.bytes;
    this.memoryBytes = state.memoryBytes;
    this.keptUntil = state.keptUntil;
    this.isClosed = state.isClosed;
    this.isTorn = state.isTorn;
  }

  async append(bytes: Uint8Array, until: number): Promise<void> {
    if (this.isClosed) throw new Error(`${this.name} is closed: nothing can be added to it.`);
    const stored = await this.call("append", { ...this.place(), bytes, until });
    this.bytes = Math.max(this.bytes, stored.bytes);
    this.memoryBytes = stored.memoryBytes;
    this.keptUntil = Math.max(this.keptUntil, until);
  }

  async close(): Promise<void> {
    await this.call("close", this.place());
    this.isClosed = true;
  }

  read(offset: number, length: number): Promise<Uint8Array> {
    return this.call("read", { ...this.place(), offset, length });
  }

  release(bytes: number): void {
    if (this.memoryBytes === 0) return;
    void this.call("release", { ...this.place(), bytes }).then(({ memoryBytes }) => (this.memoryBytes = memoryBytes), () => undefined);
  }

  sha256(): Promise<string> {
    return this.call("sha256", this.place());
  }

  async remove(): Promise<void> {
    await this.call("remove", this.place());
    this.memoryBytes = 0;
    this.forget();
  }

  private place(): { sessionId: string; name: string } {
    return { sessionId: this.sessionId, name: this.name };
  }
}

/* Calls are answered in the order in which they were made for one file; the worker sees to that. */
function connect(worker: Worker): Call {
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  let last = 0;
  worker.onmessage = ({ data }: MessageEvent<Answer>) => {
    const call = waiting.get(data.id);
    waiting.delete(data.id);
    if ("error" in data) call?.reject(data.isFull ? new SpoolFullError(data.error) : new Error(data.error));
    else call?.resolve(data.result as never);
  };
  worker.onerror = (event) => {
    const error = new Error(`The browser's storage cannot be used: ${event.message || "its worker did not start"}.`);
    for (const call of waiting.values()) call.reject(error);
    waiting.clear();
  };
  return (name, args, transfer = []) =>
    new Promise((resolve, reject) => {
      const id = ++last;
      waiting.set(id, { resolve, reject });
      worker.postMessage({ id, name, args }, transfer);
    });
}

export class SpoolFullError extends Error {
  override name = "SpoolFullError";
}

class Locks {
  private held = new Map<string, () => void>();

  constructor(private readonly prefix: string) {}

  async take(sessionId: string): Promise<void> {
    if (this.held.has(sessionId)) return;
    await new Promise<void>((resolve, reject) => {
      const taken = navigator.locks.request(this.prefix + sessionId, { ifAvailable: true }, (lock) => {
        if (!lock) throw new Error("This show is open in another tab of this browser.");
        resolve();
        return new Promise<void>((give) => this.held.set(sessionId, give));
      });
      taken.catch(reject);
    });
  }

  give(sessionId: string): void {
    this.held.get(sessionId)?.();
    this.held.delete(sessionId);
  }

  /* The shows that other tabs have open. */
  async others(): Promise<string[]> {
    const { held = [] } = await navigator.locks.query();
    const names = held.map((lock) => lock.name ?? "").filter((name) => name.startsWith(this.prefix));
    return names.map((name) => name.slice(this.prefix.length)).filter((id) => !this.held.has(id));
  }
}
