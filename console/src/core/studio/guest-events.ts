/* When guests speak. Their own page says so, by Socket.IO or, where that is blocked, by data in the room,
 * which one console hands in. A page that says nothing while somebody speaks is an old browser's: then
 * this console listens for it. */
import { ApiError } from "../api";
import type { LogEvent } from "../event";
import type { Edge } from "../speech/room";
import type { Show } from "../show";
import type { SourceId } from "../studio";

/* A page is taken for one that says nothing when it has said nothing in its first seconds, and goes on to
 * say nothing while a voice is heard: where it says it itself, that is here sooner. */
const NEW_MS = 5000;
const VOICE_MS = 2000;
const MOST_WAITING = 40; /* events of a guest on their way to the server */

const ID = /^[\w-]{8,64}$/;

/* What a page says that listens for voices. */
const SIGNS = new Set(["speaking_start", "speaking_stop", "clock"]);

export interface EventHooks {
  show(): Show | null;
  isGuest(id: SourceId): boolean;
  handIn(sessionId: string, identity: string, event: Record<string, unknown>): Promise<unknown>;
  changed(): void;
}

export class GuestEvents {
  dropped = 0;
  private soundSince = new Map<SourceId, number>();
  private said = new Set<SourceId>(); /* whose page says when they speak … */
  private silent = new Set<SourceId>(); /* … and whose does not */
  private voiceSince = new Map<SourceId, number>(); /* heard here, and not known whether their page says it */
  private begun = new Set<SourceId>(); /* who speaks, as this console said */
  private under = new Map<SourceId, { last: Promise<void>; count: number }>();

  constructor(
    private readonly hooks: EventHooks,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /* Their sound is here, or not any more. */
  sound(id: SourceId, isThere: boolean): void {
    if (isThere && !this.soundSince.has(id)) this.soundSince.set(id, this.now());
    if (isThere) return;
    for (const known of [this.soundSince, this.said, this.silent, this.voiceSince, this.begun]) known.delete(id);
  }

  speaksBy(id: SourceId): "page" | "console" {
    return this.silent.has(id) ? "console" : "page";
  }

  /* Whether what this console heard is to be said. What it began it ends. */
  takes({ source, isStart }: Pick<Edge, "source" | "isStart">): boolean {
    if (!this.hooks.isGuest(source)) return true;
    if (!isStart) {
      this.judge(source);
      this.voiceSince.delete(source);
      return this.begun.delete(source);
    }
    if (this.silent.has(source)) this.begun.add(source);
    else if (!this.said.has(source)) this.voiceSince.set(source, this.now());
    return this.silent.has(source);
  }

  /* To be called now and then: who speaks, and their page does not say so. */
  look(): void {
    for (const id of [...this.voiceSince.keys()]) {
      if (!this.judge(id)) continue;
      this.voiceSince.delete(id);
      this.begun.add(id);
      this.hooks.show()?.log("speaking_start", { source: id });
    }
  }

  private judge(id: SourceId): boolean {
    const lasts = (since: number | undefined, ms: number) => since !== undefined && this.now() - since >= ms;
    const isSilent = lasts(this.soundSince.get(id), NEW_MS) && lasts(this.voiceSince.get(id), VOICE_MS);
    if (isSilent) this.silent.add(id);
    return isSilent;
  }

  /* A line that somebody else wrote. */
  told({ type, source }: LogEvent): void {
    if (!source || !SIGNS.has(type) || !this.hooks.isGuest(source)) return;
    this.said.add(source);
    this.silent.delete(source);
    this.voiceSince.delete(source);
    /* From here on their page says it; what it does not know of is ended here. */
    if (this.begun.delete(source) && type === "clock") this.hooks.show()?.log("speaking_stop", { source });
  }

  /* What a guest sent as data, in the order in which it came. */
  handIn(identity: string, event: Record<string, unknown>): void {
    const show = this.hooks.show();
    if (!show || !this.hooks.isGuest(identity)) return;
    if (show.link.state !== "online") return this.keep(show, identity, event);
    const way = this.under.get(identity) ?? { last: Promise.resolve(), count: 0 };
    this.under.set(identity, way);
    if (way.count >= MOST_WAITING) return this.drop();
    way.count++;
    way.last = way.last
      .then(() => this.hooks.handIn(show.sessionId, identity, event))
      .then(
        () => undefined,
        (error: unknown) => this.refused(show, identity, event, error),
      )
      .finally(() => way.count--);
  }

  private refused(show: Show, identity: string, event: Record<string, unknown>, error: unknown): void {
    if (error instanceof ApiError && error.status === 0) return this.keep(show, identity, event);
    this.drop();
  }

  /* The server cannot be reached, this console decides: it has to know who speaks. The line is sent with
   * its own when the server is back. */
  private keep(show: Show, source: string, { type, id }: Record<string, unknown>): void {
    if (type !== "speaking_start" && type !== "speaking_stop") return;
    /* Their page sends it too, when it can: under one id it is one line. */
    show.log(type, { source, ...(typeof id === "string" && ID.test(id) ? { id } : {}) });
  }

  private drop(): void {
    this.dropped++;
    this.hooks.changed();
  }
}

const KNOWN_MS = 1000; /* after coming in, until all who are there are known */

/* Of several consoles in a room the newest hands in what guests send: the one that finds all others there
 * when it comes. Two that come at once may both do it; the server takes an event once. */
export class Hosts {
  private older = new Set<string>();
  private since: number | null = null; /* in the room */
  private hasNewer = false;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /* `identities`: of the other consoles that are in the room; null: we are not in. */
  see(identities: readonly string[] | null): void {
    if (identities === null || this.since === null) this.older = new Set();
    this.since = identities === null ? null : (this.since ?? this.now());
    if (identities === null || this.since === null) return;
    if (this.now() - this.since < KNOWN_MS) for (const identity of identities) this.older.add(identity);
    this.hasNewer = identities.some((identity) => !this.older.has(identity));
  }

  isNewest(): boolean {
    return this.since !== null && !this.hasNewer;
  }
}
