/* A file of the spool while this visit appends to it: in storage as far as that takes it, and from there
 * on in memory (tail.ts). What is in storage is always some of the appends, whole and in order. */
import { Sha256 } from "./sha256";
import { Tail } from "./tail";

/* Of a file in storage; what a FileSystemSyncAccessHandle can. */
export interface Handle {
  read(into: Uint8Array, options: { at: number }): number;
  write(bytes: Uint8Array, options: { at: number }): number;
  truncate(size: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
}

export class OpenFile {
  until = 0;
  isClosed = false;
  private stored = 0;
  private tail = new Tail();
  private sum = new Sha256();
  private storedUntil = 0;

  /* Null: storage was full before there was anything. */
  constructor(private handles: { data: Handle; state: Handle } | null) {}

  get bytes(): number {
    return this.tail.isEmpty ? this.stored : this.tail.end;
  }

  get memoryBytes(): number {
    return this.tail.bytes;
  }

  /* Throws when neither storage nor memory takes it. */
  append(bytes: Uint8Array, until: number): void {
    this.drain();
    if (!this.tail.isEmpty || !this.store(bytes)) this.keep(bytes);
    this.sum.update(bytes);
    this.until = Math.max(this.until, until);
    if (this.tail.isEmpty) this.storedUntil = this.until;
    this.writeState();
  }

  read(offset: number, length: number): Uint8Array {
    if (offset >= this.stored) return this.tail.read(offset, length);
    const bytes = new Uint8Array(Math.min(length, this.stored - offset));
    this.handles!.data.read(bytes, { at: offset });
    return bytes;
  }

  /* The server has it up to here. */
  release(bytes: number): void {
    this.tail.release(bytes);
  }

  /* Nothing comes any more. The sum of all of it. */
  close(): string {
    this.drain();
    this.isClosed = true;
    if (this.tail.isEmpty) this.storedUntil = this.until;
    this.writeState();
    if (this.tail.isEmpty) this.letGo();
    return this.sum.hex();
  }

  /* What is in memory is gone then. */
  letGo(): void {
    try {
      this.handles?.state.flush();
    } finally {
      this.handles?.state.close();
      this.handles?.data.close();
      this.handles = null;
    }
  }

  private store(bytes: Uint8Array): boolean {
    if (!this.handles) return false;
    const { data } = this.handles;
    try {
      for (let done = 0; done < bytes.length; ) {
        const count = data.write(bytes.subarray(done), { at: this.stored + done });
        if (count <= 0) throw new Error("nothing was written");
        done += count;
      }
      data.flush();
    } catch {
      cutOff(data, this.stored);
      return false;
    }
    this.stored += bytes.length;
    return true;
  }

  private keep(bytes: Uint8Array): void {
    if (!this.tail.hasRoomFor(bytes.length)) throw new DOMException("memory is full, too", "QuotaExceededError");
    if (this.tail.isEmpty) this.tail.from = this.stored;
    this.tail.push(bytes);
  }

  /* From memory into storage, while that has room and nothing in between was let go. */
  private drain(): void {
    for (let part = this.tail.first(); part && this.tail.from === this.stored; part = this.tail.first()) {
      if (!this.store(part)) return;
      this.tail.shift();
    }
  }

  /* For the next visit: up to when it reaches, whether it is closed, whether there was more in memory. */
  private writeState(): void {
    const numbers = Float64Array.of(this.storedUntil, this.isClosed ? 1 : 0, this.tail.isEmpty ? 0 : 1);
    try {
      this.handles?.state.write(new Uint8Array(numbers.buffer), { at: 0 });
    } catch {
      /* full before this was written for the first time: that says it as well */
    }
  }
}

function cutOff(data: Handle, size: number): void {
  try {
    data.truncate(size);
  } catch {
    /* a reader of growing recordings takes what is behind for the end */
  }
}
