/* The end of a recording that storage has no room for: in memory, in the order in which it came. What
 * the server has is let go from the front, but no more than has to be: what is still whole goes into
 * storage when there is room again. Pure. */

export const KEEP_BYTES = 16 << 20; /* about a minute of a camera: so much may wait for room, sent or not */
export const MOST_BYTES = 64 << 20;

export class Tail {
  private parts: Uint8Array[] = [];
  bytes = 0;

  /* `from`: where in the file it begins. */
  constructor(public from = 0) {}

  get isEmpty(): boolean {
    return this.parts.length === 0;
  }

  get end(): number {
    return this.from + this.bytes;
  }

  hasRoomFor(length: number): boolean {
    return this.bytes + length <= MOST_BYTES;
  }

  push(part: Uint8Array): void {
    this.parts.push(part);
    this.bytes += part.length;
  }

  /* The part that comes first, and its end in memory. */
  first(): Uint8Array | undefined {
    return this.parts[0];
  }

  shift(): void {
    const part = this.parts.shift();
    if (!part) return;
    this.from += part.length;
    this.bytes -= part.length;
  }

  /* The server has the file up to here. */
  release(upTo: number): void {
    while (this.bytes > KEEP_BYTES && this.parts[0] && this.from + this.parts[0].length <= upTo) this.shift();
  }

  /* As much of it as is here; empty where it was let go. */
  read(offset: number, length: number): Uint8Array<ArrayBuffer> {
    if (offset < this.from || offset >= this.end) return new Uint8Array();
    const out = new Uint8Array(Math.min(length, this.end - offset));
    let at = this.from;
    for (const part of this.parts) {
      const skip = Math.max(0, offset - at);
      const done = Math.max(0, at - offset);
      if (skip < part.length && done < out.length) out.set(part.subarray(skip, skip + out.length - done), done);
      at += part.length;
    }
    return out;
  }
}
