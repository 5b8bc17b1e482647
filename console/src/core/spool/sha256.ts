/* SHA-256 (FIPS 180-4) of bytes that come bit by bit: WebCrypto wants all of them at once. Pure. */

const K = new Uint32Array(64);
const INITIAL = new Uint32Array(8);

/* The constants are the fractions of the cube and square roots of the first primes. */
for (let prime = 2, n = 0; n < 64; prime++) {
  let isPrime = true;
  for (let d = 2; d * d <= prime; d++) if (prime % d === 0) isPrime = false;
  if (!isPrime) continue;
  K[n] = fraction(Math.cbrt(prime));
  if (n < 8) INITIAL[n] = fraction(Math.sqrt(prime));
  n++;
}

function fraction(root: number): number {
  return Math.floor((root - Math.floor(root)) * 2 ** 32);
}

export class Sha256 {
  private state = INITIAL.slice();
  private words = new Int32Array(64);
  private tail = new Uint8Array(64);
  private length = 0;

  update(bytes: Uint8Array): this {
    const filled = this.length % 64;
    this.length += bytes.length;
    let at = 0;
    if (filled > 0) {
      at = Math.min(64 - filled, bytes.length);
      this.tail.set(bytes.subarray(0, at), filled);
      if (filled + at < 64) return this;
      this.block(this.tail, 0);
    }
    for (; at + 64 <= bytes.length; at += 64) this.block(bytes, at);
    this.tail.set(bytes.subarray(at));
    return this;
  }

  /* 64 lower-case hex digits; nothing may be added after it. */
  hex(): string {
    const bits = this.length * 8;
    const pad = new Uint8Array(((this.length % 64 < 56 ? 56 : 120) - (this.length % 64)) + 8);
    pad[0] = 0x80;
    const view = new DataView(pad.buffer);
    view.setUint32(pad.length - 8, Math.floor(bits / 2 ** 32));
    view.setUint32(pad.length - 4, bits >>> 0);
    this.update(pad);
    return [...this.state].map((word) => word.toString(16).padStart(8, "0")).join("");
  }

  private block(bytes: Uint8Array, at: number): void {
    const w = this.words;
    for (let i = 0; i < 16; i++, at += 4) {
      w[i] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
    }
    for (let i = 16; i < 64; i++) {
      const a = w[i - 15]!;
      const b = w[i - 2]!;
      const s0 = ((a >>> 7) | (a << 25)) ^ ((a >>> 18) | (a << 14)) ^ (a >>> 3);
      const s1 = ((b >>> 17) | (b << 15)) ^ ((b >>> 19) | (b << 13)) ^ (b >>> 10);
      w[i] = (w[i - 16]! + s0 + w[i - 7]! + s1) | 0;
    }
    this.rounds(w);
  }

  private rounds(w: Int32Array): void {
    const s = this.state;
    let [a, b, c, d, e, f, g, h] = s as unknown as [number, number, number, number, number, number, number, number];
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i]! + w[i]!) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    s[0]! += a;
    s[1]! += b;
    s[2]! += c;
    s[3]! += d;
    s[4]! += e;
    s[5]! += f;
    s[6]! += g;
    s[7]! += h;
  }
}
