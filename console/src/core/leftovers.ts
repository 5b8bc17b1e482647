/* Shows of earlier visits: what waits in this browser's storage is sent without being asked; a show
 * that the server still has recording can be taken up again. */
import { ApiError, type Api, type Manifest } from "./api";
import type { Spool } from "./spool";
import { Show, SILENT, type ShowHooks } from "./show";
import type { Unfinished } from "./studio";
import type { ToWorker } from "./worker";

export interface LeftoverHooks {
  changed(unfinished: Unfinished[]): void;
  /* The show of this page is none of them. */
  isOpen(sessionId: string): boolean;
  /* For a show that is taken up. */
  hooks(): ShowHooks;
  post(message: ToWorker): void;
}

const AGAIN_MS = 5000;

interface Leftover {
  show: Show;
  name: string;
  isRecording: boolean;
  isKnown: boolean; /* to the server */
  isWorking: boolean; /* its end is seen to already */
}

export class Leftovers {
  private items = new Map<string, Leftover>();
  private seen = new Set<string>(); /* looked at, or of this visit */
  private timer: ReturnType<typeof setInterval> | null = null;

  constructor(
    private readonly api: Api,
    private readonly spool: Spool,
    private readonly out: LeftoverHooks,
  ) {}

  /* Looks into the storage when the page opens, and until the server has said what it knows of each. */
  async look(): Promise<void> {
    let isAnswered = true;
    for (const { show: stored, files } of await this.spool.list()) {
      if (this.seen.has(stored.sessionId) || this.out.isOpen(stored.sessionId)) continue;
      let manifest: Manifest | null = null;
      try {
        manifest = await this.api.session(stored.sessionId);
      } catch (error) {
        /* The server has no such show any more: what is here stays until it is discarded. */
        if (error instanceof ApiError && error.status !== 404) {
          isAnswered = false;
          continue;
        }
      }
      this.seen.add(stored.sessionId);
      const show = new Show({
        show: stored,
        sources: manifest?.sources ?? [],
        settings: manifest?.settings ?? {},
        api: this.api,
        spool: this.spool,
        token: () => stored.uploadToken,
        post: () => {},
        hooks: SILENT,
      });
      for (const file of files) show.add(file);
      await show.takeKept();
      const item = { show, name: stored.name, isRecording: manifest?.state === "recording", isKnown: manifest !== null, isWorking: false };
      this.items.set(stored.sessionId, item);
      if (manifest && !item.isRecording) void this.finish(item);
    }
    this.tell();
    if (this.items.size > 0) this.timer ??= setInterval(() => this.tell(), 1000);
    if (!isAnswered) setTimeout(() => void this.look(), AGAIN_MS);
  }

  /* A show of this visit whose files are still under way. */
  adopt(show: Show, name: string): void {
    this.seen.add(show.sessionId);
    this.items.set(show.sessionId, { show, name, isRecording: false, isKnown: true, isWorking: true });
    this.timer ??= setInterval(() => this.tell(), 1000);
    this.tell();
  }

  /* To go on recording it: from now on it is the caller's. */
  async take(sessionId: string): Promise<{ show: Show; name: string }> {
    const item = this.items.get(sessionId);
    if (!item) throw new Error("This show is not in this browser's storage any more.");
    if (!item.isRecording) throw new Error("This show has ended on the server; what is missing is being sent.");
    await item.show.connected();
    await item.show.link.measure();
    await item.show.caughtUp(5000);
    this.items.delete(sessionId);
    item.show.takeUp(this.out.hooks(), (message) => this.out.post(message));
    this.tell();
    return item;
  }

  /* What was not sent is gone then. A show of which all was sent is only ended. */
  async discard(sessionId: string): Promise<void> {
    const item = this.items.get(sessionId);
    if (item?.isRecording) {
      await this.api.stop(sessionId).catch(() => {});
      item.isRecording = false;
      if (item.show.uploads.unsentBytes() === 0) return void this.finish(item);
    }
    item?.show.close();
    this.items.delete(sessionId);
    this.tell();
    await this.spool.end(sessionId);
  }

  private async finish(item: Leftover): Promise<void> {
    item.isWorking = true;
    try {
      if (await item.show.finish()) this.items.delete(item.show.sessionId);
    } catch {
      /* it stays, and is said to be there */
    }
    this.tell();
  }

  private tell(): void {
    for (const [sessionId, { show, isWorking }] of this.items)
      if (isWorking && show.isEmpty()) this.items.delete(sessionId);
    if (this.items.size === 0 && this.timer !== null) {
      clearInterval(this.timer);
      this.timer = null;
    }
    this.out.changed(
      [...this.items.values()].map(({ show, name, isRecording, isKnown }) => ({
        sessionId: show.sessionId,
        name,
        bytes: show.uploads.unsentBytes(),
        isRecording,
        isKnown,
      })),
    );
  }
}
