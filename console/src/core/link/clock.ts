/* The session clock in the browser. The server's clock is asked as NTP does (RFC 5905, section 8):
 * of four times, offset and round trip follow; the sample with the shortest way says most. Between
 * samples the browser's own monotonic clock runs on. What is shown never jumps back: small
 * corrections are worked in slowly. */

export interface ClockSample {
  local: number; /* performance time of the middle of the exchange */
  offset: number; /* session clock − performance time */
  error: number; /* at most this much off, ms */
  roundTrip: number;
}

/* c1, c4: performance time at sending and receiving; s2, s3: session clock of the server. */
export function clockSample(c1: number, s2: number, s3: number, c4: number): ClockSample {
  const roundTrip = Math.max(0, c4 - c1 - (s3 - s2));
  /* The server gives whole ms: half of one is not known. */
  return { local: (c1 + c4) / 2, offset: (s2 - c1 + (s3 - c4)) / 2, error: roundTrip / 2 + 0.5, roundTrip };
}

const KEPT = 64;
const SETTLED = 8; /* before so many samples corrections are taken at once */
const WANDER_PPM = 100; /* two crystals rarely differ more: an old sample is worth that much less */
const ANCHOR_MS = 60000; /* the best sample of each minute says how the clocks drift */
const ANCHORS = 30;
const SLEW = 0.005; /* corrections are worked in at 5 ms a second */
const JUMP_MS = 250; /* a larger one is a jump: the server's clock is another */
/* An answer that was long under way says little. Of what it leaves open the clock takes the late side:
 * who is late loses nothing, and what comes from ahead of its own clock the server does not take. */
const AHEAD_MS = 250;

function careful({ offset, error }: ClockSample): number {
  return offset - Math.max(0, error - AHEAD_MS);
}

export class Clock {
  private samples: ClockSample[] = [];
  private anchors: ClockSample[] = [];
  private shown: { local: number; offset: number } | null = null;
  private last = 0;

  constructor(private readonly now: () => number = () => performance.now()) {}

  get isKnown(): boolean {
    return this.shown !== null;
  }

  /* The server said "it is `session` now" without more: good for a start. */
  guess(session: number): void {
    if (this.samples.length > 0) return;
    const local = this.now();
    this.shown = { local, offset: session - local };
    this.last = Math.min(this.last, session);
  }

  add(sample: ClockSample): void {
    const best = this.best();
    /* Beyond all error the server's clock is another one now: what was known of it is void. */
    if (best && Math.abs(sample.offset - best.offset) > JUMP_MS + sample.error + best.error) this.samples = this.anchors = [];
    this.samples.push(sample);
    if (this.samples.length > KEPT) this.samples.shift();
    this.anchor(sample);
    if (this.samples.length <= SETTLED) this.shown = { local: this.now(), offset: careful(this.best()!) };
    else this.settle();
  }

  /* The sample that says most now: short way, not too old. */
  best(): ClockSample | null {
    const now = this.now();
    let best: ClockSample | null = null;
    let least = Infinity;
    for (const sample of this.samples) {
      const doubt = sample.error + ((now - sample.local) * WANDER_PPM) / 1e6;
      if (doubt >= least) continue;
      least = doubt;
      best = sample;
    }
    return best;
  }

  get error(): number | null {
    const best = this.best();
    return best && best.error + ((this.now() - best.local) * WANDER_PPM) / 1e6;
  }

  get roundTrip(): number | null {
    const recent = this.samples.slice(-8).map((sample) => sample.roundTrip);
    return recent.length > 0 ? Math.min(...recent) : null;
  }

  /* How much faster this machine's clock runs than the session clock, parts per million; null until
   * the samples reach far enough apart for their errors. */
  get driftPpm(): number | null {
    const early = this.anchors[0];
    const late = this.anchors.at(-2); /* the last one is not settled yet */
    if (!early || !late || late.local - early.local < ANCHOR_MS) return null;
    const span = late.local - early.local;
    if ((early.error + late.error) / span > 100e-6) return null;
    return ((early.offset - late.offset) / span) * 1e6;
  }

  private anchor(sample: ClockSample): void {
    const last = this.anchors.at(-1);
    const isSame = last && Math.floor(last.local / ANCHOR_MS) === Math.floor(sample.local / ANCHOR_MS);
    if (!isSame) this.anchors.push(sample);
    else if (sample.error < last.error) this.anchors[this.anchors.length - 1] = sample;
    if (this.anchors.length > ANCHORS) this.anchors.shift();
  }

  /* ms on the session clock, may have a fraction; 0 while it is not known. */
  time(): number {
    if (this.shown === null) return 0;
    this.settle();
    const time = this.now() + this.shown.offset;
    this.last = time > this.last || this.last - time > JUMP_MS ? time : this.last;
    return this.last;
  }

  /* performance time → session clock, by the same reckoning as time(). */
  at(local: number): number {
    return this.shown === null ? 0 : local + this.shown.offset;
  }

  private settle(): void {
    const best = this.best();
    if (this.shown === null || best === null) return;
    const now = this.now();
    const missing = careful(best) - this.shown.offset;
    const most = Math.max(0, now - this.shown.local) * SLEW;
    const step = Math.abs(missing) > JUMP_MS ? missing : Math.max(-most, Math.min(most, missing));
    this.shown = { local: now, offset: this.shown.offset + step };
  }
}
