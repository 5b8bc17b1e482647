/* What gives when the machine cannot follow: first the bitrate, then the rate, never the size. Pure. */

export interface Effort {
  bitrate: number; /* share of what was chosen */
  rate: number;
  text: string | null; /* for people; null: as chosen */
}

const STEPS: readonly Effort[] = [
  { bitrate: 1, rate: 1, text: null },
  { bitrate: 0.5, rate: 1, text: "This machine is busy, so each second gets half the data." },
  { bitrate: 0.5, rate: 2 / 3, text: "This machine is busy, so there are fewer pictures a second, with half the data." },
  { bitrate: 0.5, rate: 1 / 2, text: "This machine is busy, so there are half as many pictures a second, with half the data." },
];

const SPAN_MS = 4000;
const TOO_MANY = 0.03; /* of the frames dropped within the span */
const CALM_MS = 30000;
const MISSING_CALLS = 6; /* at four a second */
const MOST_CALM_MS = 480000;

export class Load {
  private step = 0;
  private frames = 0;
  private dropped = 0;
  private since: number | null = null;
  private calmSince = 0;
  private calmMs = CALM_MS;

  effort(): Effort {
    return STEPS[this.step]!;
  }

  /* A frame was encoded, or dropped because the encoders were behind. True when the effort changed. */
  frame(isDropped: boolean, now: number): boolean {
    this.since ??= now;
    this.calmSince ||= now;
    this.frames++;
    if (isDropped) this.dropped++;
    if (now - this.since < SPAN_MS) return false;
    const share = this.dropped / this.frames;
    this.since = now;
    this.frames = 0;
    this.dropped = 0;
    if (share > TOO_MANY) return this.down(now);
    if (share > 0) this.calmSince = now;
    return now - this.calmSince >= this.calmMs && this.up(now);
  }

  private down(now: number): boolean {
    this.calmSince = now;
    if (this.step + 1 >= STEPS.length) return false;
    this.step++;
    this.calmMs = Math.min(MOST_CALM_MS, this.calmMs * 2); /* what failed is tried less and less often */
    return true;
  }

  private up(now: number): boolean {
    this.calmSince = now;
    if (this.step === 0) return false;
    this.step--;
    return true;
  }
}

/* Frames that were lost on their way to us. A camera counts what it delivers, we count what arrives;
 * what is under way is in between, so only what has been missing for a while is lost. */
export class Missing {
  private behind: number[] = [];
  private known: number | null = null;

  /* How many more are lost since the last call. */
  lost(delivered: number, arrived: number): number {
    this.behind.push(delivered - arrived);
    if (this.behind.length < MISSING_CALLS) return 0;
    const least = Math.min(...this.behind);
    this.behind.shift();
    const more = this.known === null ? 0 : Math.max(0, least - this.known);
    this.known = Math.max(this.known ?? least, least);
    return more;
  }
}

/* Lets through as many frames a second as are wanted, evenly; all when the camera gives no more. */
export class Pace {
  private due = -Infinity;

  constructor(private rate: number) {}

  setRate(rate: number): void {
    this.rate = rate;
  }

  takes(t: number): boolean {
    const interval = 1000 / this.rate;
    if (t < this.due - interval * 0.4) return false;
    /* Late ones do not make the next ones early: after a gap the rhythm begins anew. */
    this.due = t > this.due + interval ? t + interval : this.due + interval;
    return true;
  }
}
