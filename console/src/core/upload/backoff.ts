/* How long to wait before the next try: doubling, with jitter, so that many clients of a server that
 * comes back do not all knock at once. */
export class Backoff {
  private failures = 0;
  constructor(
    private readonly firstMs = 500,
    private readonly mostMs = 15000,
    private readonly random: () => number = Math.random,
  ) {}

  next(): number {
    const whole = Math.min(this.mostMs, this.firstMs * 2 ** this.failures);
    this.failures = Math.min(this.failures + 1, 20);
    return whole / 2 + (whole / 2) * this.random();
  }

  reset(): void {
    this.failures = 0;
  }
}
