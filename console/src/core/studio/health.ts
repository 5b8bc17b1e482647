/* Looked at now and then: whether uploads get through, how much room is left here and on the server, and
 * whether this machine keeps up. What is wrong is said, and unsaid when it is over. */
import type { Api } from "../api";
import { bytesPerSecond } from "../format";
import { WORDS } from "../notices";
import type { Show } from "../show";
import type { Spool } from "../spool";
import type { State } from "./state";

const ROOM_MS = 10_000;
const NO_SERVER_MS = 1000; /* until the server answers, it is asked this often */
const SLOW_EVENTS_MS = 400; /* events answered slower than that: uploads make room */
const LOW_ROOM_S = 20 * 60;

export class Health {
  private isLooking = false;
  private roomAt = -Infinity;

  constructor(
    private readonly state: State,
    private readonly parts: { api: Api; spool: Spool },
  ) {}

  /* Once a second. */
  async look(): Promise<void> {
    if (this.isLooking) return;
    this.isLooking = true;
    try {
      if (this.state.show) this.watchUploads(this.state.show);
      await this.measureRoom();
    } finally {
      this.isLooking = false;
    }
  }

  /* This machine does not keep up (null: it does again). */
  reduced(text: string | null): void {
    this.state.set({ format: { ...this.state.get().format, reduced: text } });
    if (text === null) this.state.unsay("reduced");
    else this.state.say("reduced", WORDS.reduced(text));
  }

  /* A recording ended before its time. */
  failed(name: string, why: string): void {
    this.state.show?.uploads.failed(name, why);
    this.state.say(`failed:${name}`, WORDS.recordingFailed(name, why));
  }

  private watchUploads(show: Show): void {
    const { state } = this;
    show.uploads.makeRoom((show.link.clock.roundTrip ?? 0) > SLOW_EVENTS_MS);
    const files = show.uploads.files();
    const stuck = files.find((file) => file.state !== "failed" && file.state !== "done" && file.trouble !== null);
    if (stuck && show.link.state === "online") state.say("waits", WORDS.uploadWaits(stuck.trouble!));
    else state.unsay("waits");
    for (const file of files)
      if (file.state === "failed" && !state.isSaid(`failed:${file.name}`)) state.say(`upload:${file.name}`, WORDS.uploadFailed(file.name, file.trouble ?? ""));
    const memoryBytes = show.uploads.memoryBytes();
    if (memoryBytes > 0) state.say("browser-full", WORDS.browserFull(show.link.state === "online"));
    else state.unsay("browser-full");
  }

  private async measureRoom(): Promise<void> {
    const { state, parts } = this;
    const now = performance.now();
    if (now < this.roomAt + (state.get().room.serverFreeBytes === null ? NO_SERVER_MS : ROOM_MS)) return;
    this.roomAt = now;
    const browserFreeBytes = await parts.spool.freeBytes().catch(() => null);
    const server = await parts.api.storage().catch(() => null);
    const serverFreeBytes = server?.free ?? null;
    const rate = bytesPerSecond(state.get().format, state.get().sources.filter(({ picture }) => picture.kind !== "none").length);
    const browserLasts = browserFreeBytes === null ? Infinity : browserFreeBytes / rate;
    const serverLasts = server === null ? Infinity : Math.max(0, server.free - server.reserve) / rate;
    const lasts = Math.min(browserLasts, serverLasts);
    state.set({ room: { browserFreeBytes, serverFreeBytes, secondsLeft: lasts === Infinity ? null : Math.floor(lasts) } });
    if (state.isBusy && browserLasts < LOW_ROOM_S) state.say("browser-low", WORDS.browserLow(Math.floor(browserLasts / 60)));
    else state.unsay("browser-low");
  }
}
