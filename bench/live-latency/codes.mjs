// The codes of samples/frame-code.h, written and read within pages and here. Functions that pages run hold
// all that they need.

const CELLS = 32;

// Bits of a word as samples/frame-code.h has it, or null: [camera, number].
export function readWord(bits) {
  const word = bits.reduce((all, bit) => (all << 1) | (bit ? 1 : 0), 0) >>> 0;
  let check = 0xf;
  for (let shift = 4; shift < CELLS; shift += 4) check ^= (word >>> shift) & 0xf;
  if (word >>> 27 !== 0x16 || (word & 0xf) !== check) return null;
  return [(word >>> 23) & 0xf, (word >>> 4) & 0x7ffff];
}

// In a page: window.codes = { write(context, width, height, camera, number), read(video) → [camera, number] | null }
export function installCodes() {
  const CELLS = 32;
  const strip = new OffscreenCanvas(CELLS * 8, 8);
  const look = strip.getContext("2d", { willReadFrequently: true });
  window.codes = {
    write(context, width, height, camera, number) {
      let word = ((0x16 << 27) | (camera << 23) | ((number & 0x7ffff) << 4)) >>> 0;
      let check = 0xf;
      for (let shift = 4; shift < CELLS; shift += 4) check ^= (word >>> shift) & 0xf;
      word = (word | check) >>> 0;
      const tall = height / 24;
      for (let i = 0; i < CELLS; i++) {
        context.fillStyle = (word >>> (CELLS - 1 - i)) & 1 ? "#fff" : "#000";
        context.fillRect((i * width) / CELLS, height - tall, width / CELLS, tall);
      }
    },
    read(video) {
      const [wide, high] = [video.videoWidth, video.videoHeight];
      if (!wide) return null;
      look.drawImage(video, 0, (high * 23) / 24, wide, high / 24, 0, 0, CELLS * 8, 8);
      const pixels = look.getImageData(0, 4, CELLS * 8, 1).data;
      let word = 0;
      for (let i = 0; i < CELLS; i++) word = ((word << 1) | (pixels[(i * 8 + 4) * 4 + 1] > 127 ? 1 : 0)) >>> 0;
      let check = 0xf;
      for (let shift = 4; shift < CELLS; shift += 4) check ^= (word >>> shift) & 0xf;
      if (word >>> 27 !== 0x16 || (word & 0xf) !== check) return null;
      return [(word >>> 23) & 0xf, (word >>> 4) & 0x7ffff];
    },
  };
}

export function summary(waits) {
  const sorted = [...waits].sort((a, b) => a - b);
  const at = (part) => sorted[Math.min(Math.floor(sorted.length * part), sorted.length - 1)];
  return { n: sorted.length, p50: at(0.5), p95: at(0.95), most: sorted.at(-1) };
}
