/* Colours of pictures: from one camera's Y′CbCr to another's, and from RGB. Only matrix and range are
 * computed; transfer and primaries of cameras differ by less than their white balance does. Pure. */

export interface Matrix {
  kr: number;
  kb: number;
  isFull: boolean;
}

const WEIGHTS: Record<string, [number, number]> = {
  bt709: [0.2126, 0.0722],
  smpte170m: [0.299, 0.114],
  bt470bg: [0.299, 0.114],
  "bt2020-ncl": [0.2627, 0.0593],
};

/* Null for what is not Y′CbCr, or not said. */
export function matrixOf(space: VideoColorSpaceInit): Matrix | null {
  const weights = WEIGHTS[space.matrix ?? ""];
  return weights ? { kr: weights[0], kb: weights[1], isFull: !!space.fullRange } : null;
}

/* Rows for Y′, Cb, Cr; columns for R, G, B; on samples of 0 … 255 without their offsets. */
function fromRgb({ kr, kb, isFull }: Matrix): number[][] {
  const y = isFull ? 1 : 219 / 255;
  const c = isFull ? 1 : 224 / 255;
  const kg = 1 - kr - kb;
  const b = (0.5 * c) / (1 - kb);
  const r = (0.5 * c) / (1 - kr);
  return [
    [kr * y, kg * y, kb * y],
    [-kr * b, -kg * b, (1 - kb) * b],
    [(1 - kr) * r, -kg * r, -kb * r],
  ];
}

function toRgb({ kr, kb, isFull }: Matrix): number[][] {
  const y = isFull ? 1 : 255 / 219;
  const c = isFull ? 1 : 255 / 224;
  const kg = 1 - kr - kb;
  const cr = 2 * (1 - kr) * c;
  const cb = 2 * (1 - kb) * c;
  return [
    [y, 0, cr],
    [y, (-cb * kb) / kg, (-cr * kr) / kg],
    [y, cb, 0],
  ];
}

function product(a: number[][], b: number[][]): number[][] {
  return a.map((row) => [0, 1, 2].map((j) => row[0]! * b[0]![j]! + row[1]! * b[1]![j]! + row[2]! * b[2]![j]!));
}

const ONE = 1 << 16;
const HALF = 1 << 15;

/* Changes `samples` in place: I420 as copyTo() leaves it, planes without padding, or NV12. */
export function convertPlanes(
  samples: Uint8Array,
  size: { width: number; height: number; isInterleaved: boolean },
  from: Matrix,
  to: Matrix,
): void {
  const { width, height, isInterleaved } = size;
  const m = product(fromRgb(to), toRgb(from)).map((row) => row.map((x) => Math.round(x * ONE)));
  const [yy, yu, yv] = m[0] as [number, number, number];
  const [, uu, uv] = m[1] as [number, number, number];
  const [, vu, vv] = m[2] as [number, number, number];
  const base = (to.isFull ? 0 : 16) * ONE + HALF - (from.isFull ? 0 : 16) * yy;
  const centre = 128 * ONE + HALF;
  const halfWidth = (width + 1) >> 1;
  const halfHeight = (height + 1) >> 1;
  const out = new Uint8ClampedArray(samples.buffer, samples.byteOffset, samples.length);
  const step = isInterleaved ? 2 : 1;
  const chroma = width * height;
  const other = isInterleaved ? chroma + 1 : chroma + halfWidth * halfHeight;
  for (let row = 0; row < halfHeight; row++) {
    let c = row * halfWidth * step;
    const top = row * 2 * width;
    const rows = row * 2 + 1 < height ? 2 : 1;
    for (let column = 0; column < width; column += 2, c += step) {
      const u = out[chroma + c]! - 128;
      const v = out[other + c]! - 128;
      const add = base + u * yu + v * yv;
      const columns = column + 1 < width ? 2 : 1;
      for (let i = 0, at = top + column; i < rows; i++, at += width) {
        out[at] = (out[at]! * yy + add) >> 16;
        if (columns === 2) out[at + 1] = (out[at + 1]! * yy + add) >> 16;
      }
      out[chroma + c] = (u * uu + v * uv + centre) >> 16;
      out[other + c] = (u * vu + v * vv + centre) >> 16;
    }
  }
}

/* I420 of a drawn picture (RGBA); width and height are even. */
export function drawnToPlanes(rgba: Uint8ClampedArray, width: number, height: number, to: Matrix): Uint8Array {
  const m = fromRgb(to).map((row) => row.map((x) => Math.round(x * ONE)));
  const [yr, yg, yb] = m[0] as [number, number, number];
  const [ur, ug, ub] = m[1] as [number, number, number];
  const [vr, vg, vb] = m[2] as [number, number, number];
  const base = (to.isFull ? 0 : 16) * ONE + HALF;
  const centre = 4 * 128 * ONE + 4 * HALF; /* of four samples together */
  const chroma = width * height;
  const out = new Uint8Array((chroma * 3) / 2);
  const other = chroma + chroma / 4;
  for (let y = 0, c = 0; y < height; y += 2) {
    for (let x = 0; x < width; x += 2, c++) {
      let r = 0;
      let g = 0;
      let b = 0;
      for (let i = 0; i < 4; i++) {
        const at = (y + (i >> 1)) * width + x + (i & 1);
        const p = at * 4;
        r += rgba[p]!;
        g += rgba[p + 1]!;
        b += rgba[p + 2]!;
        out[at] = (rgba[p]! * yr + rgba[p + 1]! * yg + rgba[p + 2]! * yb + base) >> 16;
      }
      out[chroma + c] = (r * ur + g * ug + b * ub + centre) >> 18;
      out[other + c] = (r * vr + g * vg + b * vb + centre) >> 18;
    }
  }
  return out;
}
