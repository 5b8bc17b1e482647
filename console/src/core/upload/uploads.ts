/* All recordings of one show on their way to the server, from the first chunk until the server says
 * that each is whole and the same; only then are they removed from the browser's storage. */
import { ApiError, type Api, type FileSum } from "../api";
import type { Kind } from "../capture/parts";
import type { SpoolFile } from "../spool";
import type { RecordingFile, SourceId } from "../studio";
import { Backoff } from "./backoff";
import { Lanes } from "./lanes";
import { Sender } from "./sender";
import { Tus } from "./tus";

export interface UploadsOptions {
  sessionId: string;
  tus: Tus;
  api: Pick<Api, "files" | "session">;
  changed: () => void;
  lanes?: Lanes;
  backoff?: () => Backoff;
  /* How long between two looks whether the server has all of it. */
  lookMs?: number;
}

export function sourceOfName(name: string): SourceId | null {
  return /^(cam_\d+)_(?:iso|local)\./.exec(name)?.[1] ?? null;
}

/* The part that a name is of: 1 where it says none. */
export function partOfName(name: string): number {
  return Number(/\.(\d+)\.[a-z0-9]+$/.exec(name)?.[1] ?? 1);
}

/* What a phone recorded of itself: it ends such recordings, nobody else does. */
export function isLocal(name: string): boolean {
  return /^cam_\d+_local\./.test(name);
}

/* The first part that nobody has used: of a source (null: the program). */
export function nextPart(names: readonly string[], source: SourceId | null, kind: Kind = "iso"): number {
  const own = names.filter((name) => (source === null ? name.startsWith("program.") : name.startsWith(`${source}_${kind}.`)));
  return own.length === 0 ? 1 : Math.max(...own.map(partOfName)) + 1;
}

/* A file that says when it grew. */
export function watched(file: SpoolFile, grew: () => void): SpoolFile {
  return {
    sessionId: file.sessionId,
    name: file.name,
    get bytes() {
      return file.bytes;
    },
    get memoryBytes() {
      return file.memoryBytes;
    },
    isTorn: file.isTorn,
    get keptUntil() {
      return file.keptUntil;
    },
    get isClosed() {
      return file.isClosed;
    },
    append: (bytes, until) => file.append(bytes, until).then(grew),
    close: () => file.close().then(grew),
    read: (offset, length) => file.read(offset, length),
    release: (bytes) => file.release(bytes),
    sha256: () => file.sha256(),
    remove: () => file.remove(),
  };
}

interface Item {
  file: SpoolFile;
  sender: Sender;
  ended: Promise<boolean>;
  isRemoved: boolean;
  failure: string | null; /* of the recording itself */
}

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export class Uploads {
  private items = new Map<string, Item>();
  private isStopped = false;
  private readonly lanes: Lanes;

  constructor(private readonly options: UploadsOptions) {
    this.lanes = options.lanes ?? new Lanes();
  }

  /* Takes a file of this show, new or of an earlier visit; the result tells the sender of growth. */
  add(file: SpoolFile): SpoolFile {
    const missing = file.bytes > 0 ? { isMissing: once((one: SpoolFile) => this.isMissing(one)) } : {};
    const hooks = { changed: this.options.changed, isWhole: (one: SpoolFile) => this.isWhole(one), ...missing };
    const sender = new Sender(file, this.options.tus, this.lanes, hooks, this.options.backoff?.());
    const item: Item = { file, sender, ended: Promise.resolve(false), isRemoved: false, failure: null };
    this.items.set(file.name, item);
    item.ended = sender.run();
    this.options.changed();
    return watched(file, () => {
      sender.grew();
      this.options.changed();
    });
  }

  /* The recording of this file failed; what is there is sent all the same. */
  failed(name: string, why: string): void {
    const item = this.items.get(name);
    if (item) item.failure = why;
    this.options.changed();
  }

  retry(): void {
    for (const { sender } of this.items.values()) sender.retry();
  }

  /* Events are answered slowly: uploads take one lane only. */
  makeRoom(isNeeded: boolean): void {
    const lanes = isNeeded ? 1 : 3;
    if (this.lanes.lanes !== lanes) this.lanes.lanes = lanes;
  }

  stop(): void {
    this.isStopped = true;
    for (const { sender } of this.items.values()) sender.stop();
  }

  names(): string[] {
    return [...this.items.keys()];
  }

  unsentBytes(): number {
    let bytes = 0;
    for (const { file, sender, isRemoved } of this.items.values())
      if (!isRemoved) bytes += Math.max(0, file.bytes - sender.sentBytes);
    return bytes;
  }

  /* What is nowhere but in this page: storage was full. */
  memoryBytes(): number {
    return [...this.items.values()].reduce((sum, { file, isRemoved }) => sum + (isRemoved ? 0 : file.memoryBytes), 0);
  }

  /* How far the file that is furthest behind is behind: ms of the show. */
  behindMs(): number {
    let behind = 0;
    for (const { file, sender } of this.items.values())
      if (sender.sentBytes < file.bytes) behind = Math.max(behind, file.keptUntil - sender.safeUntil);
    return behind;
  }

  files(): RecordingFile[] {
    return [...this.items.values()].map(({ file, sender, failure }) => ({
      name: file.name,
      source: sourceOfName(file.name),
      bytes: file.bytes,
      sentBytes: sender.sentBytes,
      keptUntil: file.keptUntil,
      safeUntil: sender.safeUntil,
      state: stateOf(file, sender, failure),
      trouble: failure ?? sender.trouble,
    }));
  }

  /* After the show was stopped: tells the server what there is, waits until it has all of it and its
   * manifest says the same sums, and removes what is so from this browser. True: nothing is left. */
  async finish(): Promise<boolean> {
    const sums = await this.sums();
    const told = [...sums.values()].filter(({ name }) => !this.items.get(name)!.file.isTorn);
    await this.tell(told);
    const whole = await Promise.all([...this.items.values()].map((item) => item.ended));
    if (this.isStopped) return false;
    if (whole.includes(true)) await this.tell(told);
    await this.compare(sums);
    return [...this.items.values()].every((item) => item.isRemoved);
  }

  private async isWhole(file: SpoolFile): Promise<boolean> {
    const manifest = await this.options.api.session(this.options.sessionId).catch(() => null);
    const there = manifest?.files?.find(({ name }) => name === file.name);
    if (file.isTorn && (there?.bytes ?? 0) > file.bytes) return there?.sha256 !== undefined;
    return there?.bytes === file.bytes && there.sha256 === (await file.sha256());
  }

  private async isMissing({ name }: SpoolFile): Promise<boolean> {
    const manifest = await this.options.api.session(this.options.sessionId).catch(() => null);
    if (manifest?.state !== "recording") return false;
    return ![...(manifest.files ?? []), ...(manifest.live?.uploads ?? [])].some((one) => one.name === name);
  }

  private async sums(): Promise<Map<string, FileSum>> {
    const sums = new Map<string, FileSum>();
    for (const { file } of this.items.values())
      if (file.bytes > 0) sums.set(file.name, { name: file.name, bytes: file.bytes, sha256: await file.sha256() });
    return sums;
  }

  private async tell(files: FileSum[]): Promise<void> {
    const backoff = new Backoff();
    while (!this.isStopped) {
      try {
        await this.options.api.files(this.options.sessionId, files);
        return;
      } catch (error) {
        if (!(error instanceof ApiError) || !error.isPassing) throw error;
        await wait(backoff.next());
      }
    }
  }

  private async compare(sums: Map<string, FileSum>): Promise<void> {
    const look = this.options.lookMs ?? 1000;
    for (let tries = 0; tries < 60 && !this.isStopped; tries++) {
      const left = await this.removeWhole(sums);
      if (left === 0) return;
      await wait(look * Math.min(1 + tries / 4, 10));
    }
  }

  /* How many may still become whole. */
  private async removeWhole(sums: Map<string, FileSum>): Promise<number> {
    let left = 0;
    let manifest;
    try {
      manifest = await this.options.api.session(this.options.sessionId);
    } catch (error) {
      if (error instanceof ApiError && error.isPassing) return 1;
      throw error;
    }
    for (const item of this.items.values()) {
      if (item.isRemoved) continue;
      const sum = sums.get(item.file.name);
      const there = manifest.files?.find((file) => file.name === item.file.name);
      const isSame = sum && there && there.sha256 === sum.sha256 && there.bytes === sum.bytes;
      const isMore = item.file.isTorn && there?.sha256 !== undefined && (there.bytes ?? 0) > item.file.bytes;
      if (isSame || isMore || item.file.bytes === 0) {
        await item.file.remove();
        item.isRemoved = true;
      } else if (item.sender.state !== "failed") {
        left++;
      }
    }
    this.options.changed();
    return left;
  }
}

function stateOf(file: SpoolFile, sender: Sender, failure: string | null): RecordingFile["state"] {
  if (failure !== null || sender.state === "failed") return "failed";
  if (sender.state === "done") return "done";
  return file.isClosed ? "sending" : "recording";
}

/* Asks the first time only: what is made after that is there. */
function once(ask: (file: SpoolFile) => Promise<boolean>): (file: SpoolFile) => Promise<boolean> {
  let isAsked = false;
  return async (file) => {
    if (isAsked) return false;
    isAsked = true;
    return ask(file);
  };
}
