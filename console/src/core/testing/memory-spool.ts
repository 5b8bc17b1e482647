/* A spool in memory, for tests of what stands behind it. */
import { createHash } from "node:crypto";
import type { Spool, SpoolFile, SpoolShow } from "../spool";

export class MemoryFile implements SpoolFile {
  private parts: Uint8Array[] = [];
  bytes = 0;
  memoryBytes = 0;
  keptUntil = 0;
  isClosed = false;
  isTorn = false;
  isRemoved = false;

  constructor(
    readonly sessionId: string,
    readonly name: string,
  ) {}

  append(bytes: Uint8Array, until: number): Promise<void> {
    this.parts.push(bytes.slice());
    this.bytes += bytes.length;
    this.keptUntil = until;
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }

  all(): Buffer {
    return Buffer.concat(this.parts);
  }

  read(offset: number, length: number): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(this.all().subarray(offset, offset + length)));
  }

  release(): void {
    this.memoryBytes = 0;
  }

  sha256(): Promise<string> {
    return Promise.resolve(createHash("sha256").update(this.all()).digest("hex"));
  }

  remove(): Promise<void> {
    this.isRemoved = true;
    return Promise.resolve();
  }
}

export class MemorySpool implements Spool {
  shows = new Map<string, { show: SpoolShow; files: MemoryFile[]; events: object[] }>();

  begin(show: SpoolShow): Promise<void> {
    if (!this.shows.has(show.sessionId)) this.shows.set(show.sessionId, { show, files: [], events: [] });
    return Promise.resolve();
  }

  create(sessionId: string, name: string): Promise<SpoolFile> {
    const show = this.shows.get(sessionId)!;
    if (show.files.some((file) => file.name === name)) return Promise.reject(new Error(`${name} is there already`));
    const file = new MemoryFile(sessionId, name);
    show.files.push(file);
    return Promise.resolve(file);
  }

  list(): Promise<{ show: SpoolShow; files: SpoolFile[] }[]> {
    return Promise.resolve(
      [...this.shows.values()].map(({ show, files }) => ({ show, files: files.filter((file) => !file.isRemoved) })),
    );
  }

  keepEvents(sessionId: string, events: object[]): Promise<void> {
    const show = this.shows.get(sessionId);
    if (show) show.events = structuredClone(events);
    return Promise.resolve();
  }

  keptEvents(sessionId: string): Promise<object[]> {
    return Promise.resolve(this.shows.get(sessionId)?.events ?? []);
  }

  end(sessionId: string): Promise<void> {
    this.shows.delete(sessionId);
    return Promise.resolve();
  }

  freeBytes(): Promise<number | null> {
    return Promise.resolve(1e9);
  }
}
