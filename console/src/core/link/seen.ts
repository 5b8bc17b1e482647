/* Up to which seq the log was seen without a hole: what a new decider says it had seen. */
export class Seen {
  private ahead = new Set<number>();
  constructor(public upTo = 0) {}

  add(seq: number | undefined): void {
    if (seq === undefined || seq <= this.upTo) return;
    this.ahead.add(seq);
    while (this.ahead.delete(this.upTo + 1)) this.upTo++;
  }

  /* Everything up to here was given. */
  reached(seq: number): void {
    if (seq <= this.upTo) return;
    this.upTo = seq;
    for (const ahead of this.ahead) if (ahead <= seq) this.ahead.delete(ahead);
    while (this.ahead.delete(this.upTo + 1)) this.upTo++;
  }
}
