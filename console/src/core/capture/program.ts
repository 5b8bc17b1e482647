/* The program, put together from what the cameras' encoders made: never encoded again, so it can
 * change camera only where the new one has a keyframe. Pure: chunks, wishes and the time go in;
 * chunks in program order and cuts come out.
 *
 * What holds: the first chunk of a shot is a keyframe, a shot's chunks are all of its camera's from
 * there on, and times rise. A chunk is given out when the time is `lookAheadMs` past it, and not
 * while a cut that is asked for could still come before it. */
import type { SourceId } from "../studio";

export interface Chunk {
  t: number; /* session clock */
  isKey: boolean;
  data: Uint8Array;
  description: Uint8Array; /* avcC that it was encoded under */
}

export interface ProgramEvents {
  chunk(source: SourceId, chunk: Chunk): void;
  cut(cut: { source: SourceId; t: number; decision: string | null }): void;
  askKeyframe(source: SourceId): void;
}

interface Wish {
  source: SourceId;
  t: number;
  decision: string | null;
  askedAt: number;
  isAnswered: boolean; /* by cut(); the first shot is not: nobody asked for it */
}

const HOLD_MS = 400; /* how long a camera is waited for: beyond it is taken for gone */
const ASK_AGAIN_MS = 500;
const CLOSEST_MS = 5; /* two frames nearer than this are one moment: the newer shot has it */

export class Program {
  private rings = new Map<SourceId, Chunk[]>();
  private reached = new Map<SourceId, number>(); /* time of a source's newest chunk */
  private onAir: SourceId | null = null;
  private last = -Infinity; /* time of the newest chunk that was given out */
  private wishes: Wish[];

  constructor(
    first: SourceId,
    private lookAheadMs: number,
    private events: ProgramEvents,
  ) {
    this.wishes = [{ source: first, t: -Infinity, decision: null, askedAt: -Infinity, isAnswered: false }];
  }

  feed(source: SourceId, chunk: Chunk, now: number): void {
    const ring = this.rings.get(source) ?? [];
    this.rings.set(source, ring);
    const newest = this.reached.get(source) ?? -Infinity;
    if (chunk.t <= newest) return; /* a camera's times rise; its encoder sees to that */
    this.reached.set(source, chunk.t);
    ring.push(chunk);
    this.advance(now);
  }

  /* From content time `t` on (0: at once) the program is to show `source`. */
  cutTo(source: SourceId, t: number, decision: string | null, now: number): void {
    const isNow = t <= this.last || t === 0;
    const from = isNow ? this.last : t;
    this.wishes = isNow ? [] : this.wishes.filter((wish) => wish.t < t);
    this.wishes.push({ source, t: from, decision, askedAt: -Infinity, isAnswered: true });
    this.advance(now);
  }

  /* Its encoder ended: what comes later begins with a keyframe again. */
  forget(source: SourceId): void {
    if (source !== this.onAir) this.rings.delete(source);
  }

  /* Gives out what is due. To be called now and then too, for when no camera sends anything. */
  advance(now: number): void {
    this.ask(now);
    while (this.step(now));
    this.trim(now);
  }

  /* Gives out all that is left. */
  end(): void {
    this.advance(Infinity);
  }

  private step(now: number): boolean {
    const horizon = now - this.lookAheadMs;
    const next = this.nextCut();
    const head = this.onAir === null ? undefined : this.rings.get(this.onAir)?.[0];
    if (next && next.chunk.t <= horizon && this.isPassed(next, head, now)) {
      this.cut(next);
      return true;
    }
    if (!head || head.t > horizon) return false;
    if (next && head.t > next.chunk.t - CLOSEST_MS) return false;
    if (!next && this.mayStillCome(head.t, now)) return false;
    this.give(head);
    return true;
  }

  /* The wish whose keyframe comes first. One that a later wish has overtaken by then is never shown:
   * it would be a flash. */
  private nextCut(): { wish: Wish; chunk: Chunk } | null {
    let next: { wish: Wish; chunk: Chunk } | null = null;
    for (const [i, wish] of this.wishes.entries()) {
      const isSame = wish.source === this.onAir;
      const from = Math.max(wish.t, this.last);
      const chunk = this.rings.get(wish.source)?.find((c) => (c.isKey || isSame) && c.t >= from && c.t > this.last);
      if (!chunk || this.wishes.some((later, j) => j > i && later.t <= chunk.t)) continue;
      if (next === null || chunk.t < next.chunk.t) next = { wish, chunk };
    }
    return next;
  }

  /* Whether all that the camera on air has before the cut was given out. */
  private isPassed(next: { chunk: Chunk }, head: Chunk | undefined, now: number): boolean {
    if (this.onAir === null || (head && head.t > next.chunk.t - CLOSEST_MS)) return true;
    if (head) return false;
    return this.reachedBy(this.onAir) >= next.chunk.t - CLOSEST_MS || now - next.chunk.t > HOLD_MS;
  }

  /* Whether the keyframe of a wish may yet arrive with a time before `t`. */
  private mayStillCome(t: number, now: number): boolean {
    return now - t <= HOLD_MS && this.wishes.some((wish) => wish.t <= t && this.reachedBy(wish.source) < t);
  }

  private cut(next: { wish: Wish; chunk: Chunk }): void {
    const { wish, chunk } = next;
    this.wishes = this.wishes.slice(this.wishes.indexOf(wish) + 1);
    this.onAir = wish.source;
    const ring = this.rings.get(wish.source)!;
    ring.splice(0, ring.indexOf(chunk));
    if (wish.isAnswered) this.events.cut({ source: wish.source, t: chunk.t, decision: wish.decision });
    this.give(chunk);
  }

  private give(chunk: Chunk): void {
    this.rings.get(this.onAir!)!.shift();
    this.last = chunk.t;
    this.events.chunk(this.onAir!, chunk);
  }

  private ask(now: number): void {
    if (now === Infinity) return;
    for (const wish of this.wishes) {
      if (wish.source === this.onAir || wish.t > now || now - wish.askedAt < ASK_AGAIN_MS) continue;
      const from = Math.max(wish.t, this.last);
      if (this.rings.get(wish.source)?.some((c) => c.isKey && c.t >= from && c.t > this.last)) continue;
      wish.askedAt = now;
      this.events.askKeyframe(wish.source);
    }
  }

  private trim(now: number): void {
    const oldest = Math.max(this.last, now - this.lookAheadMs - 2 * HOLD_MS);
    for (const [source, ring] of this.rings) {
      if (source === this.onAir) continue;
      let n = 0;
      while (n < ring.length && ring[n]!.t <= oldest) n++;
      if (n > 0) ring.splice(0, n);
    }
  }

  private reachedBy(source: SourceId): number {
    return this.reached.get(source) ?? -Infinity;
  }
}
