/* From the clock of a device to ours. Frames of sound and picture carry the time of the device that
 * made them; what we know besides is when each of them arrived. The one that arrived soonest after
 * its own time says how the clocks lie to each other, the others were only held up. Pure. */

export interface ClockKind {
  windowMs: number; /* within it at least one frame comes without delay */
  stepMs: number; /* further than this no crystal drifts in that time: the device lost time, or jumped */
}

/* A camera's frames carry the moment at which they were taken, but may wait for long until they are
 * seen. An AudioContext counts samples: what a busy machine could not play is time that is lost at
 * once, for which its messages, who say when they were sent, hardly ever have to be waited for. */
export const CAMERA_CLOCK: ClockKind = { windowMs: 5000, stepMs: 30 };
export const SOUND_CLOCK: ClockKind = { windowMs: 600, stepMs: 12 };

const JUMP_MS = 500;
const MOST_UNDER_WAY_MS = 10_000; /* a page or worker that stands still for longer than this is lost anyway */
const SLEW = 0.001; /* 1 ms a second: far above the drift of any two crystals */

export class ClockMap {
  private arrivals: { at: number; offset: number }[] = [];
  private offset: number | null = null;
  private steppedAt = 0;
  private began = 0;

  constructor(private kind: ClockKind = CAMERA_CLOCK) {}

  /* A frame of device time `device` is here at `at`; both in ms. */
  feed(device: number, at: number): void {
    const offset = at - device;
    if (this.offset === null || Math.abs(offset - this.offset) > JUMP_MS) return this.restart(offset, at);
    while (this.arrivals.length > 0 && this.arrivals[this.arrivals.length - 1]!.offset >= offset) this.arrivals.pop();
    this.arrivals.push({ at, offset });
    while (this.arrivals[0]!.at < at - this.kind.windowMs) this.arrivals.shift();
    this.follow(this.arrivals[0]!.offset, at);
  }

  /* Our time of device time `device`; null before the first frame. */
  map(device: number): number | null {
    return this.offset === null ? null : device + this.offset;
  }

  private restart(offset: number, at: number): void {
    this.arrivals = [{ at, offset }];
    this.offset = offset;
    this.steppedAt = at;
    this.began = at;
  }

  private follow(wanted: number, at: number): void {
    const distance = wanted - this.offset!;
    const reach = Math.max(0, at - this.steppedAt) * SLEW;
    this.steppedAt = at;
    /* What comes sooner than all in the first seconds is no drift: the others were late. */
    const isNew = at - this.began < this.kind.windowMs && distance < 0;
    if (isNew || Math.abs(distance) > this.kind.stepMs) this.offset = wanted;
    else this.offset! += Math.max(-reach, Math.min(reach, distance));
  }
}

/* When a message that was sent at `wall` (Date.now() there) was sent, on our clock: an AudioWorklet has
 * no other. Only the short way to here is measured with it, so a wall clock that is put right does no harm. */
export function sentAt(wall: number): number {
  return performance.now() - Math.min(MOST_UNDER_WAY_MS, Math.max(0, Date.now() - wall));
}

/* The session clock as recordings see it: it follows what the studio says, and never jumps, so that
 * a time in a file plus the file's start is session time, to the millisecond and for hours. */
export class SessionClock {
  private base: { at: number; offset: number } | null = null;
  private wanted = 0;

  /* Session time `session` is our time `at`. */
  set(session: number, at: number): void {
    const wanted = session - at;
    this.base = { at, offset: this.base === null ? wanted : this.offsetAt(at) };
    this.wanted = wanted;
  }

  session(at: number): number {
    return at + this.offsetAt(at);
  }

  private offsetAt(at: number): number {
    if (this.base === null) return this.wanted;
    const reach = Math.max(0, at - this.base.at) * SLEW;
    return this.base.offset + Math.max(-reach, Math.min(reach, this.wanted - this.base.offset));
  }
}
