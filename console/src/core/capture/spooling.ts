/* From the engine's bytes to files in the spool: in order, and none lost while storage and memory are
 * only full for a while. */
import type { CaptureEvents, CaptureStart } from "../capture";
import type { SpoolFile } from "../spool";
import type { FileOpened, FromWorker } from "./protocol";

const AGAIN_MS = 2000;
const MOST_TRIES_AT_END = 5;
const MOST_WAITING_BYTES = 8 << 20; /* what the spool keeps in memory comes to more */
const FULL = "this browser's storage is full, and the server has not taken the rest.";

interface OpenFile {
  opened: FileOpened;
  spool: Promise<SpoolFile>;
  queue: { bytes: Uint8Array; until: number }[];
  waitingBytes: number;
  writing: Promise<void>;
  isClosing: boolean;
  hasFailed: boolean;
}

export class Spooling {
  private files = new Map<number, OpenFile>();
  private closing = new Set<Promise<void>>();

  constructor(
    private make: CaptureStart["file"],
    private events: CaptureEvents,
  ) {}

  open(opened: FileOpened): void {
    const spool = this.make(opened.name, opened.source);
    const file: OpenFile = {
      opened, spool, queue: [], waitingBytes: 0, isClosing: false, hasFailed: false,
      writing: spool.then(() => undefined, (error: Error) => this.fail(file, error)),
    };
    this.files.set(opened.file, file);
    const { name, source, start, video, audio } = opened;
    this.events.recordStart({ name, source, start, video, audio });
  }

  append({ file: number, bytes, until }: Extract<FromWorker, { kind: "append" }>): void {
    const file = this.files.get(number);
    if (!file || file.hasFailed) return;
    file.queue.push({ bytes, until });
    file.waitingBytes += bytes.length;
    if (file.waitingBytes > MOST_WAITING_BYTES) return this.fail(file, new Error(FULL));
    if (file.queue.length === 1) file.writing = file.writing.then(() => this.write(file));
  }

  close({ file: number, end, gaps }: Extract<FromWorker, { kind: "close" }>): void {
    const file = this.files.get(number);
    if (!file) return;
    this.files.delete(number);
    const done = this.finish(file).then(() => {
      this.closing.delete(done);
      const { name, source } = file.opened;
      this.events.recordStop({ name, source, end, gaps });
    });
    this.closing.add(done);
  }

  /* Resolves when all that was closed is in storage. */
  async settled(): Promise<void> {
    while (this.closing.size > 0) await Promise.all(this.closing);
  }

  private async finish(file: OpenFile): Promise<void> {
    file.isClosing = true;
    while (file.queue.length > 0 && !file.hasFailed) await file.writing;
    await file.writing;
    await file.spool.then((spool) => spool.close()).catch((error: Error) => this.fail(file, error));
  }

  private async write(file: OpenFile): Promise<void> {
    let tries = 0;
    while (file.queue.length > 0 && !file.hasFailed) {
      const { bytes, until } = file.queue[0]!;
      try {
        await (await file.spool).append(bytes, until);
      } catch (error) {
        if ((error as Error).name !== "SpoolFullError") return this.fail(file, error as Error);
        if (file.isClosing && tries > MOST_TRIES_AT_END) return this.fail(file, new Error(FULL));
        tries++;
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
        continue;
      }
      file.queue.shift();
      file.waitingBytes -= bytes.length;
      tries = 0;
    }
  }

  private fail(file: OpenFile, error: Error): void {
    if (file.hasFailed) return;
    file.hasFailed = true;
    file.queue = [];
    this.events.failed(file.opened.name, error.message);
  }
}
