/* Holds the files of the spool: shows/<sessionId>/ (of a phone: phone/<sessionId>/) show.json,
 * events.json and files/<name>, and beside each file its <name>.state: three numbers, up to when it
 * reaches, whether it is closed, and whether it grew on in memory.
 *
 * What is answered is flushed, or said to be in memory. What an append did not finish is cut off again,
 * so a file is always some of its appends, whole and in order; of a killed tab the last one may be there
 * in part, which a reader of growing recordings takes for the end. */
import { OpenFile, type Handle } from "./open-file";
import { Sha256 } from "./sha256";
import type { Answer, Calls, CallName, FileState, Request, Root, ShowState } from "./protocol";
import type { SpoolShow } from "../spool";

type SyncFile = FileSystemFileHandle & { createSyncAccessHandle(): Promise<Handle> };

const CHUNK = 1 << 20;
let rootName: Root = "shows";
const open = new Map<string, OpenFile>(); /* being appended to, or partly in memory */
const sums = new Map<string, string>(); /* of files closed in this visit */
const queues = new Map<string, Promise<unknown>>();

const handlers: { [N in CallName]: (args: Calls[N]["in"]) => Promise<Calls[N]["out"]> } = {
  async begin({ show }) {
    await ignoringFull(async () => {
      const folder = await showFolder(show.sessionId, true);
      await folder.getDirectoryHandle("files", { create: true });
      await writeWhole(folder, "show.json", JSON.stringify(show));
    });
  },

  async create({ sessionId, name }) {
    const handles = await ignoringFull(() => openHandles(sessionId, name));
    open.set(key(sessionId, name), new OpenFile(handles));
  },

  async append({ sessionId, name, bytes, until }) {
    const file = open.get(key(sessionId, name));
    if (!file || file.isClosed) throw new Error(`${name} is not open: nothing can be added to it.`);
    file.append(bytes, until);
    return { bytes: file.bytes, memoryBytes: file.memoryBytes };
  },

  async release({ sessionId, name, bytes }) {
    const file = open.get(key(sessionId, name));
    file?.release(bytes);
    return { memoryBytes: file?.memoryBytes ?? 0 };
  },

  async close({ sessionId, name }) {
    const file = open.get(key(sessionId, name));
    if (!file || file.isClosed) return;
    sums.set(key(sessionId, name), file.close());
    if (file.memoryBytes === 0) open.delete(key(sessionId, name));
  },

  async read({ sessionId, name, offset, length }) {
    const file = open.get(key(sessionId, name));
    return file ? file.read(offset, length) : readClosed(sessionId, name, offset, length);
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
    letGo(key(sessionId, name));
    const files = await filesFolder(sessionId).catch(() => null); /* none: all of it was in memory */
    await files?.removeEntry(name).catch(unlessMissing);
    await files?.removeEntry(`${name}.state`).catch(unlessMissing);
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
    for (const one of [...open.keys()]) if (one.startsWith(`${sessionId}/`)) letGo(one);
    await (await showsFolder()).removeEntry(sessionId, { recursive: true }).catch(unlessMissing);
  },
};

/* ---- files ---- */

/* Null: there was no room, and the show does without. */
async function ignoringFull<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (isFull(error)) return null;
    throw error;
  }
}

function isFull(error: unknown): boolean {
  return error instanceof DOMException && error.name === "QuotaExceededError";
}

function unlessMissing(error: unknown): void {
  if (!(error instanceof DOMException) || error.name !== "NotFoundError") throw error;
}

async function openHandles(sessionId: string, name: string): Promise<{ data: Handle; state: Handle }> {
  const files = await filesFolder(sessionId).catch((error: unknown) => {
    unlessMissing(error);
    throw new DOMException("the show has no folder", "QuotaExceededError"); /* there was no room for it */
  });
  if (await exists(files, name)) throw new Error(`${name} is there already.`);
  return { data: await openHandle(files, name), state: await openHandle(files, `${name}.state`) };
}

function letGo(one: string): void {
  open.get(one)?.letGo();
  open.delete(one);
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
  if (file) return { name, bytes: file.bytes, memoryBytes: file.memoryBytes, keptUntil: file.until, isClosed: file.isClosed, isTorn: false };
  const files = await filesFolder(sessionId);
  const { size } = await (await files.getFileHandle(name)).getFile();
  const state = await files.getFileHandle(`${name}.state`).then((handle) => handle.getFile(), () => null);
  const numbers = state ? new Float64Array(await state.slice(0, state.size & ~7).arrayBuffer()) : new Float64Array();
  const isTorn = numbers.length === 0 || numbers[2] === 1; /* none: there was no room even for them */
  return { name, bytes: size, memoryBytes: 0, keptUntil: numbers[0] ?? 0, isClosed: true, isTorn };
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
    const text = isFull(error) ? "The browser's storage is full." : String((error as Error).message ?? error);
    post({ id, error: text, isFull: isFull(error) });
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
