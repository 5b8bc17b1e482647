/* Clips whose pictures say of which camera and which frame they are, with a beep at each full second;
 * and reading that back from recordings. */
import { execFileSync } from "node:child_process";

const WIDTH = 1280;
const HEIGHT = 720;
const BOX = 80;
const RATE = 30;

/* A picture of boxes: white is a set bit. */
export function makeClip(path, camera, seconds = 30) {
  const boxes = [];
  for (let bit = 0; bit < 10; bit++) boxes.push(box(bit * BOX + 40, 40, BOX, `eq(mod(floor(n/${2 ** bit}),2),1)`));
  for (let bit = 0; bit < 2; bit++) if ((camera >> bit) & 1) boxes.push(box((10 + bit) * BOX + 40, 40, BOX, "1"));
  const tone = `0.5*sin(2*PI*${600 + 300 * camera}*t)*lt(mod(t,1),0.1)`;
  ffmpeg([
    "-f", "lavfi", "-i", `color=c=0x203040:s=${WIDTH}x${HEIGHT}:r=${RATE}:d=${seconds},${boxes.join(",")}`,
    "-f", "lavfi", "-i", `aevalsrc='${tone}':s=48000:d=${seconds}`,
    "-c:v", "libx264", "-preset", "ultrafast", "-g", String(RATE), "-pix_fmt", "yuv420p", "-c:a", "aac", "-shortest", path,
  ]);
}

function box(x, y, size, enable) {
  return `drawbox=x=${x}:y=${y}:w=${size}:h=${size}:color=white:t=fill:enable='${enable}'`;
}

/* Of every frame: time in the file (ms), camera, number. */
export function readFrames(path) {
  const times = ffprobe(path, "v", "packet=pts_time").map((line) => Number(line) * 1000);
  const small = { width: WIDTH / 20, height: HEIGHT / 20 };
  const raw = ffmpeg(["-i", path, "-an", "-vf", `scale=${small.width}:${small.height}:flags=area,format=gray`,
    "-fps_mode", "passthrough", "-enc_time_base", "-1", "-f", "rawvideo", "-"]);
  const size = small.width * small.height;
  const frames = [];
  for (let i = 0; i * size < raw.length; i++) {
    const isWhite = (x, y) => raw[i * size + Math.round(y / 20) * small.width + Math.round(x / 20)] > 140;
    let number = 0;
    for (let bit = 0; bit < 10; bit++) if (isWhite(bit * BOX + 80, 80)) number |= 1 << bit;
    let camera = 0;
    for (let bit = 0; bit < 2; bit++) if (isWhite((10 + bit) * BOX + 80, 80)) camera |= 1 << bit;
    frames.push({ t: times[i], camera, number });
  }
  return frames;
}

/* When beeps begin, in ms of the file: by the times of the packets, for sound may have holes. Those of
 * Opus hold 20 ms; of the first one a decoder throws away 312 samples, which its time leaves out. */
function readBeeps(path) {
  const times = ffprobe(path, "a", "packet=pts_time").map((time) => Number(time) * 1000);
  const raw = ffmpeg(["-i", path, "-vn", "-ac", "1", "-ar", "48000", "-f", "s16le", "-"]);
  const samples = new Int16Array(raw.buffer, raw.byteOffset, raw.length >> 1);
  const beeps = [];
  let quiet = 4800;
  for (let i = 0; i < samples.length; i++) {
    if (Math.abs(samples[i]) > 1500) {
      const at = i + 312;
      if (quiet >= 4800) beeps.push(times[Math.floor(at / 960)] + (at % 960) / 48);
      quiet = 0;
    } else quiet++;
  }
  return beeps;
}

/* Of each beep how much later it comes than the picture of its moment, in ms, ascending. Every picture
 * says which it is, so those about a beep tell where its moment lies, also where one of them is missing. */
export function soundAfterPicture(path) {
  const frames = readFrames(path).map(({ t, number }) => ({ t, zero: t - (number * 1000) / RATE }));
  const after = (beep) => {
    const near = frames.filter(({ t }) => Math.abs(t - beep) < 500).map(({ zero }) => zero).sort((x, y) => x - y);
    const late = beep - near[near.length >> 1];
    return near.length === 0 ? [] : [late - 1000 * Math.round(late / 1000)];
  };
  return readBeeps(path).flatMap(after).sort((x, y) => x - y);
}

/* What ffmpeg complains about when it decodes all of it; "" is nothing. In the file's own times: in frames
 * of a guessed rate, two pictures behind a slate may get the same one. */
export function complaints(path) {
  const result = execFileSync("sh", ["-c", 'ffmpeg -nostdin -v warning -i "$0" -fps_mode passthrough -enc_time_base -1 -f null - 2>&1', path]);
  return result.toString();
}

export function ffprobe(path, streams, entries) {
  const args = ["-v", "error", "-select_streams", streams, "-show_entries", entries, "-of", "csv=p=0", path];
  return execFileSync("ffprobe", args, { maxBuffer: 1 << 28 }).toString().trim().split("\n").map((line) => line.split(",")[0]);
}

function ffmpeg(args) {
  return execFileSync("ffmpeg", ["-nostdin", "-v", "error", "-y", ...args], { maxBuffer: 1 << 30 });
}
