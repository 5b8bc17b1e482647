/* How many uploads send at once, and whose turn it is: the file that is furthest behind. Events have
 * a connection of their own; when they are answered slowly, uploads make room for them. */
export class Lanes {
  private free: number;
  private waiting: { behind: () => number; go: () => void }[] = [];

  constructor(private most = 3) {
    this.free = most;
  }

  get lanes(): number {
    return this.most;
  }

  set lanes(lanes: number) {
    this.free += lanes - this.most;
    this.most = lanes;
    this.serve();
  }

  /* Runs `work` when there is a lane. */
  async through<T>(behind: () => number, work: () => Promise<T>): Promise<T> {
    await new Promise<void>((go) => {
      this.waiting.push({ behind, go });
      this.serve();
    });
    try {
      return await work();
    } finally {
      this.free++;
      this.serve();
    }
  }

  private serve(): void {
    while (this.free > 0 && this.waiting.length > 0) {
      let next = 0;
      for (let i = 1; i < this.waiting.length; i++)
        if (this.waiting[i]!.behind() > this.waiting[next]!.behind()) next = i;
      this.free--;
      this.waiting.splice(next, 1)[0]!.go();
    }
  }
}
