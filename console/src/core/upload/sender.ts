/* Sends one recording while it grows. It never gives up on what may pass (a dead link, a busy or
 * full server): it waits, asks the server how far it is, and goes on from there. It ends when the
 * server has acknowledged all of a closed file, or says that it will never take it. */
import type { SpoolFile } from "../spool";
import { Backoff } from "./backoff";
import type { Lanes } from "./lanes";
import { Tus, TusError, type TusHead } from "./tus";

export type SenderState = "sending" | "waiting" | "done" | "failed";

export interface SenderHooks {
  /* Acknowledged bytes, state or trouble changed. */
  changed(sender: Sender): void;
  /* Whether the show's manifest has this closed file, the same: asked when its upload is not there,
   * as after the show was completed. */
  isWhole?(file: SpoolFile): Promise<boolean>;
  /* Whether the server is known to have nothing of this file, which an earlier visit left. */
  isMissing?(file: SpoolFile): Promise<boolean>;
}

const CHUNK_MOST = 1 << 20;
const CHUNK_LEAST = 64 << 10;
const IDLE_MS = 500;

const GONE = "gone_here";

/* Statuses after which the same bytes will never be taken. */
function isForGood(error: TusError): boolean {
  return error.code === GONE || error.status === 400 || error.status === 415 || error.status === 403;
}

function inWords(error: TusError): string {
  if (error.code === GONE) return "The server lost a part of it that this browser's full storage could not keep.";
  if (error.status === 0) return "The server does not answer; it is tried again.";
  if (error.status === 507) return "The server has no room; it waits and goes on by itself.";
  if (error.status === 401) return "The server does not know this browser any more; log in again.";
  if (error.status === 413) return "The show has reached what it may store on the server.";
  return `The server said: ${error.message}`;
}

export class Sender {
  sentBytes = 0;
  safeUntil = 0;
  state: SenderState = "waiting";
  trouble: string | null = null;
  private address: string | null = null;
  private isNew: boolean; /* begun in this visit, and the server has not said that it has it */
  private isAligned = false; /* is sentBytes what the server has? */
  private chunk = CHUNK_MOST;
  private wake: (() => void) | null = null;
  private waitsForGrowth = false;
  private isStopped = false;
  private marks: { bytes: number; until: number }[] = [];
  private readonly backoff: Backoff;

  constructor(
    readonly file: SpoolFile,
    private readonly tus: Tus,
    private readonly lanes: Lanes,
    private readonly hooks: SenderHooks,
    backoff: Backoff = new Backoff(),
  ) {
    this.backoff = backoff;
    this.isNew = file.bytes === 0 && !file.isClosed;
  }

  /* The file grew or was closed. */
  grew(): void {
    const { bytes, keptUntil } = this.file;
    const last = this.marks.at(-1);
    if (!last || last.bytes !== bytes || last.until !== keptUntil) this.marks.push({ bytes, until: keptUntil });
    if (this.waitsForGrowth) this.wake?.();
  }

  /* The link is back: no need to wait any longer. */
  retry(): void {
    this.backoff.reset();
    this.wake?.();
  }

  stop(): void {
    this.isStopped = true;
    this.wake?.();
  }

  /* Until it is whole on the server (true), or never will be (false). */
  async run(): Promise<boolean> {
    while (!this.isStopped) {
      try {
        if (await this.step()) return this.finish("done", null);
      } catch (error) {
        const trouble = error instanceof TusError ? error : new TusError(0, "failed", String(error));
        if (isForGood(trouble)) return this.finish("failed", inWords(trouble));
        await this.recover(trouble);
      }
    }
    return false;
  }

  private finish(state: SenderState, trouble: string | null): boolean {
    this.become(state, trouble);
    return state === "done";
  }

  /* One thing: find or make the upload, ask where it is, or send a chunk. True at the end. */
  private async step(): Promise<boolean> {
    const { file } = this;
    if (file.bytes === 0 && !file.isClosed) {
      await this.growth();
      return false;
    }
    if (file.bytes === 0) return true; /* nothing was recorded: there is nothing to keep */
    if (!this.isAligned) return this.align();
    const length = file.isClosed ? file.bytes : null;
    if (this.sentBytes === file.bytes && length === null) {
      this.become("waiting", null);
      await this.growth();
      return false;
    }
    return this.send(length);
  }

  private async align(): Promise<boolean> {
    if (this.isNew || (await this.hooks.isMissing?.(this.file))) return this.create();
    this.address ??= this.tus.address(this.file.sessionId, this.file.name);
    let head;
    try {
      head = await this.tus.head(this.address);
    } catch (error) {
      if (!(error instanceof TusError) || (error.status !== 404 && error.status !== 410)) throw error;
      if (this.file.isClosed && (await this.hooks.isWhole?.(this.file))) {
        this.acknowledge(this.file.bytes);
        return true;
      }
      this.address = await this.tus.create(this.file.sessionId, this.file.name);
      head = { offset: 0, length: null };
    }
    if (head.offset > this.file.bytes) return this.endAhead(head);
    this.isAligned = true;
    this.acknowledge(head.offset);
    return this.file.isClosed && head.length === head.offset && head.offset === this.file.bytes;
  }

  /* An earlier visit sent what its storage had no room for. What the server has is the recording. */
  private async endAhead({ offset, length }: TusHead): Promise<boolean> {
    if (!this.file.isTorn) throw new TusError(400, "conflict", "the server has more of this recording than this browser");
    if (length !== offset) await this.tus.patch(this.address!, offset, new Uint8Array(), offset);
    this.acknowledge(this.file.bytes);
    return true;
  }

  /* Browsers write a 404 down as an error, so nobody is asked for what cannot be there. */
  private async create(): Promise<boolean> {
    try {
      this.address = await this.tus.create(this.file.sessionId, this.file.name);
    } catch (error) {
      /* It is there: made by this browser, whose answer was lost. */
      if (error instanceof TusError && error.status === 409) this.isNew = false;
      throw error;
    }
    this.isNew = false;
    this.isAligned = true;
    this.acknowledge(0);
    return false;
  }

  private async send(length: number | null): Promise<boolean> {
    const { file } = this;
    const offset = this.sentBytes;
    const bytes = await file.read(offset, Math.min(this.chunk, file.bytes - offset));
    if (bytes.length === 0 && offset < file.bytes) throw new TusError(410, GONE, "the beginning was only in memory, and the server has lost it");
    const isLast = length !== null && offset + bytes.length === length;
    this.become("sending", this.trouble);
    const started = performance.now();
    const reached = await this.lanes.through(
      () => file.bytes - this.sentBytes,
      () => this.tus.patch(this.address!, offset, bytes, isLast ? length : null),
    );
    this.pace(performance.now() - started);
    this.backoff.reset();
    if (reached < offset || reached > offset + bytes.length) {
      this.isAligned = false;
      return false;
    }
    this.acknowledge(reached);
    this.become("sending", null);
    return isLast && reached === length;
  }

  /* A chunk takes about a second: small on slow links, so that little is sent twice. */
  private pace(tookMs: number): void {
    if (tookMs > 2000) this.chunk = Math.max(CHUNK_LEAST, this.chunk / 2);
    else if (tookMs < 500) this.chunk = Math.min(CHUNK_MOST, this.chunk * 2);
  }

  private acknowledge(bytes: number): void {
    this.sentBytes = bytes;
    this.file.release(bytes);
    while (this.marks.length > 0 && this.marks[0]!.bytes <= bytes) this.safeUntil = this.marks.shift()!.until;
    if (bytes === this.file.bytes) this.safeUntil = this.file.keptUntil;
    this.hooks.changed(this);
  }

  private async recover(error: TusError): Promise<void> {
    this.isAligned = false;
    if (error.status === 0 || error.status === 413) this.chunk = Math.max(CHUNK_LEAST, this.chunk / 2);
    /* Offset and checksum say that the two disagree: asking again settles it. */
    const isMismatch = error.status === 409 || error.status === 460;
    this.become("waiting", isMismatch ? this.trouble : inWords(error));
    await this.idle(error.retryAfterMs ?? this.backoff.next());
  }

  private become(state: SenderState, trouble: string | null): void {
    if (state === this.state && trouble === this.trouble) return;
    this.state = state;
    this.trouble = trouble;
    this.hooks.changed(this);
  }

  private async growth(): Promise<void> {
    this.waitsForGrowth = true;
    await this.idle(IDLE_MS);
    this.waitsForGrowth = false;
  }

  private idle(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, ms);
      const self = this;
      function done() {
        clearTimeout(timer);
        self.wake = null;
        resolve();
      }
      this.wake = done;
    });
  }
}
