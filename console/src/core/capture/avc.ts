/* H.264 as far as a recorder has to know it: levels, and parameter sets. Pure. */

/* [level, macroblocks in a frame, macroblocks a second]: ITU-T H.264 table A-1. */
const LEVELS: readonly [number, number, number][] = [
  [30, 1620, 40500],
  [31, 3600, 108000],
  [32, 5120, 216000],
  [40, 8192, 245760],
  [42, 8704, 522240],
  [50, 22080, 589824],
  [51, 36864, 983040],
  [52, 36864, 2073600],
];

/* WebCodecs' name of baseline H.264 at the lowest level that holds this picture. */
export function avcCodec(width: number, height: number, rate: number): string {
  const blocks = Math.ceil(width / 16) * Math.ceil(height / 16);
  const level = LEVELS.find(([, most, second]) => blocks <= most && blocks * rate <= second);
  if (!level) throw new Error(`H.264 has no level for ${width} × ${height} at ${rate} frames a second.`);
  return `avc1.4200${level[0].toString(16).padStart(2, "0")}`;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/* The parameter sets of an avcC (ISO/IEC 14496-15, 5.3.3.1), each with the length of four bytes that
 * chunks have: to be put before a keyframe whose sets are not those of the file's header. */
export function parameterSets(avcC: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  let at = 5;
  for (const mask of [0x1f, 0xff]) {
    let count = (avcC[at++] ?? 0) & mask;
    for (; count > 0; count--) {
      const length = ((avcC[at] ?? 0) << 8) | (avcC[at + 1] ?? 0);
      const unit = avcC.subarray(at + 2, at + 2 + length);
      if (unit.length !== length) throw new Error("The encoder's avcC is cut off.");
      parts.push(Uint8Array.of(0, 0, length >> 8, length & 0xff), unit);
      at += 2 + length;
    }
  }
  return join(parts);
}

/* Chunks as they stand in one file, whose header has the parameter sets of the first. From the first
 * keyframe on that has others, every keyframe brings its own: whatever a decoder saw before, and
 * wherever in the file it begins, it has those that fit. */
export class OneHeader {
  private isMixed = false;

  constructor(private avcC: Uint8Array) {}

  fit(data: Uint8Array, isKey: boolean, description: Uint8Array): Uint8Array {
    if (!isKey) return data;
    this.isMixed ||= !sameBytes(description, this.avcC);
    return this.isMixed ? join([parameterSets(description), data]) : data;
  }
}

export function join(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
