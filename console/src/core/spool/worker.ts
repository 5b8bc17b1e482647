/* Holds the files of the spool: shows/<sessionId>/ (of a phone: phone/<sessionId>/) show.json, events.json and files/<name>, and beside
 * each file its <name>.state: two numbers, up to when it reaches and whether it is closed.
 *
 * What is answered is flushed. What an append did not finish is cut off again, so a file is always
 * some of its appends, whole and in order; of a killed tab the last one may be there in part, which
 * a reader of growing recordings takes for the end. */
import { Sha256 } from "./sha256";
import type { Answer, Calls, CallName, FileState, Request, Root, ShowState } from "./protocol";
import type { SpoolShow } from "../spool";

interface Handle {
  read(into: Uint8Array, options: { at: number }): number;
  write(bytes: Uint8Array, options: { at: number }): number;
  truncate(size: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
}
type SyncFile = FileSystemFileHandle & { createSyncAccessHandle(): Promise<Handle> };

interface OpenFile {
  data: Handle;
  state: Handle;
  bytes: number;
  until: number;
  sum: Sha256;
}

const CHUNK = 1 << 20;
let rootName: Root = "shows";
const open = new Map<string, OpenFile>(); /* being appended to */
const sums = new Map<string, string>(); /* of files closed in this visit */
const queues = new Map<string, Promise<unknown>>();

const handlers: { [N in CallName]: (args: Calls[N]["in"]) => Promise<Calls[N]["out"]> } = {
  async begin({ show }) {
    const folder = await showFolder(show.sessionId, true);
    await folder.getDirectoryHandle("files", { create: true });
    await writeWhole(folder, "show.json", JSON.stringify(show));
  },

  async create({ sessionId, name }) {
    const files = await filesFolder(sessionId);
    if (await exists(files, name)) throw new Error(`${name} is there already.`);
    const data = await openHandle(files, name);
    const state = await openHandle(files, `${name}.state`);
    open.set(key(sessionId, name), { data, state, bytes: 0, until: 0, sum: new Sha256() });
  },

  async append({ sessionId, name, bytes, until }) {
    const file = open.get(key(sessionId, name));
    if (!file) throw new Error(`${name} is not open: nothing can be added to it.`);
    appendWhole(file, bytes);
    file.until = Math.max(file.until, until);
    writeState(file, false);
    return { bytes: file.bytes };
  },

  async close({ sessionId, name }) {
    const file = open.get(key(sessionId, name));
    if (!file) return;
    writeState(file, true);
    file.state.flush();
    file.state.close();
    file.data.close();
    open.delete(key(sessionId, name));
    sums.set(key(sessionId, name), file.sum.hex());
  },

  async read({ sessionId, name, offset, length }) {
    const file = open.get(key(sessionId, name));
    if (!file) return readClosed(sessionId, name, offset, length);
    const bytes = new Uint8Array(Math.max(0, Math.min(length, file.bytes - offset)));
    file.data.read(bytes, { at: offset });
    return bytes;
  },

  async sha256({ sessionId, name }) {
    const known = sums.get(key(sessionId, name));
    if (known) return known;
    const sum = new Sha256();
    for (let at = 0; ; at += CHUNK) {
      const bytes = await readClosed(sessionId, name, at, CHUNK);
      sum.update(bytes);
      if (bytes.length < CHUNK) break;
    }
    sums.set(key(sessionId, name), sum.hex());
    return sums.get(key(sessionId, name))!;
  },

  async remove({ sessionId, name }) {
    await handlers.close({ sessionId, name });
    const files = await filesFolder(sessionId);
    await files.removeEntry(name);
    await files.removeEntry(`${name}.state`).catch(() => undefined);
    sums.delete(key(sessionId, name));
  },

  async list({ without }) {
    const shows: ShowState[] = [];
    for await (const [sessionId] of (await showsFolder()).entries()) {
      if (without.includes(sessionId)) continue;
      const show = await readShow(sessionId);
      if (show) shows.push(show);
    }
    return shows.sort((a, b) => (a.show.startedAt < b.show.startedAt ? 1 : -1));
  },

  async keepEvents({ sessionId, events }) {
    await writeWhole(await showFolder(sessionId, false), "events.json", JSON.stringify(events));
  },

  async keptEvents({ sessionId }) {
    const text = await readText(await showFolder(sessionId, false), "events.json");
    return text === null ? [] : (JSON.parse(text) as object[]);
  },

  async end({ sessionId }) {
    for (const name of [...open.keys()]) {
      if (name.startsWith(`${sessionId}/`)) await handlers.close({ sessionId, name: name.slice(sessionId.length + 1) });
    }
    await (await showsFolder()).removeEntry(sessionId, { recursive: true });
  },
};

/* ---- files ---- */

function appendWhole(file: OpenFile, bytes: Uint8Array): void {
  try {
    let done = 0;
    while (done < bytes.length) {
      const count = file.data.write(bytes.subarray(done), { at: file.bytes + done });
      if (count <= 0) throw new DOMException("nothing was written", "QuotaExceededError");
      done += count;
    }
    file.data.flush();
  } catch (error) {
    file.data.truncate(file.bytes);
    throw error;
  }
  file.bytes += bytes.length;
  file.sum.update(bytes);
}

function writeState(file: OpenFile, isClosed: boolean): void {
  file.state.write(new Uint8Array(Float64Array.of(file.until, isClosed ? 1 : 0).buffer), { at: 0 });
}

async function readShow(sessionId: string): Promise<ShowState | null> {
  const folder = await showFolder(sessionId, false);
  const text = await readText(folder, "show.json");
  if (text === null) return null;
  let show: SpoolShow;
  try {
    show = JSON.parse(text) as SpoolShow;
  } catch {
    return null; /* a tab that was killed in begin(): nothing was recorded yet */
  }
  const files: FileState[] = [];
  const entries = ((await folder.getDirectoryHandle("files", { create: true })) as Folder).entries();
  for await (const [name] of entries) {
    if (!name.endsWith(".state")) files.push(await readState(sessionId, name));
  }
  return { show, files: files.sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

async function readState(sessionId: string, name: string): Promise<FileState> {
  const file = open.get(key(sessionId, name));
  if (file) return { name, bytes: file.bytes, keptUntil: file.until, isClosed: false };
  const files = await filesFolder(sessionId);
  const { size } = await (await files.getFileHandle(name)).getFile();
  const state = await files.getFileHandle(`${name}.state`).then((handle) => handle.getFile(), () => null);
  const numbers = state && state.size >= 16 ? new Float64Array(await state.slice(0, 16).arrayBuffer()) : null;
  return { name, bytes: size, keptUntil: numbers?.[0] ?? 0, isClosed: true };
}

async function readClosed(sessionId: string, name: string, offset: number, length: number): Promise<Uint8Array> {
  const file = await (await (await filesFolder(sessionId)).getFileHandle(name)).getFile();
  return new Uint8Array(await file.slice(offset, offset + length).arrayBuffer());
}

/* All of the new text or all of the old. */
async function writeWhole(folder: FileSystemDirectoryHandle, name: string, text: string): Promise<void> {
  const writable = await (await folder.getFileHandle(name, { create: true })).createWritable();
  await writable.write(text);
  await writable.close();
}

async function readText(folder: FileSystemDirectoryHandle, name: string): Promise<string | null> {
  const handle = await folder.getFileHandle(name).catch(() => null);
  return handle && (await (await handle.getFile()).text());
}

async function openHandle(folder: FileSystemDirectoryHandle, name: string): Promise<Handle> {
  return ((await folder.getFileHandle(name, { create: true })) as SyncFile).createSyncAccessHandle();
}

async function exists(folder: FileSystemDirectoryHandle, name: string): Promise<boolean> {
  return folder.getFileHandle(name).then(() => true, () => false);
}

type Folder = FileSystemDirectoryHandle & { entries(): AsyncIterable<[string, FileSystemHandle]> };

async function showsFolder(): Promise<Folder> {
  const root = await navigator.storage.getDirectory();
  return (await root.getDirectoryHandle(rootName, { create: true })) as Folder;
}

async function showFolder(sessionId: string, create: boolean): Promise<FileSystemDirectoryHandle> {
  return (await showsFolder()).getDirectoryHandle(sessionId, { create });
}

async function filesFolder(sessionId: string): Promise<Folder> {
  return (await (await showFolder(sessionId, false)).getDirectoryHandle("files")) as Folder;
}

function key(sessionId: string, name: string): string {
  return `${sessionId}/${name}`;
}

/* ---- calls: those for one file or show keep their order ---- */

async function answer({ id, name, args }: Request): Promise<void> {
  try {
    const result = await (handlers[name] as (args: unknown) => Promise<unknown>)(args);
    const transfer = result instanceof Uint8Array ? [result.buffer] : [];
    post({ id, result }, transfer);
  } catch (error) {
    const isFull = error instanceof DOMException && error.name === "QuotaExceededError";
    post({ id, error: isFull ? "The browser's storage is full." : String((error as Error).message ?? error), isFull });
  }
}

function post(answer: Answer, transfer: Transferable[] = []): void {
  (self as unknown as Worker).postMessage(answer, transfer);
}

self.onmessage = ({ data }: MessageEvent<Request | { root: Root }>) => {
  if ("root" in data) return void (rootName = data.root);
  const args = data.args as { sessionId?: string; show?: SpoolShow; name?: string };
  const line = `${args.sessionId ?? args.show?.sessionId ?? ""}/${args.name ?? ""}`;
  const before = queues.get(line) ?? Promise.resolve();
  const done = before.then(() => answer(data));
  queues.set(line, done);
  void done.then(() => queues.get(line) === done && queues.delete(line));
};
