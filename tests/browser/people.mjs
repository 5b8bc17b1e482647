// People before made-up cameras: a page that asks for camera and microphone gets a picture with a number
// that can be read back (samples/frame-code.h), and a voice that speaks when the test says so.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// Chromium as it has to be for it: devices that are there, and sound without a click.
export const CHROMIUM = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream=device-count=1,fps=30", "--autoplay-policy=no-user-gesture-required"];

const TEXT = "We walked along the river until the lights of the town came on, and nobody said a word about the rain that had followed us all the way from the old mill.";

// Speech, as a WAV file in Base64.
export function speech(voice) {
  const folder = mkdtempSync(join(tmpdir(), "crosscut-voice-"));
  const path = join(folder, "voice.wav");
  execFileSync("espeak-ng", ["-v", voice, "-s", "165", "-w", path, TEXT]);
  const bytes = readFileSync(path).toString("base64");
  rmSync(folder, { recursive: true });
  return bytes;
}

// In the page, before its own scripts.
function pretend({ camera, voice, colour }) {
  const WIDTH = 640;
  const HEIGHT = 360;
  const CELLS = 32;
  let picture = null;
  let sound = null;

  function word(frame) {
    const bits = ((0x16 << 27) | (camera << 23) | ((frame & 0x7ffff) << 4)) >>> 0;
    let check = 0xf;
    for (let shift = 4; shift < CELLS; shift += 4) check ^= (bits >>> shift) & 0xf;
    return (bits | check) >>> 0;
  }
  function film() {
    const canvas = document.createElement("canvas");
    canvas.width = WIDTH;
    canvas.height = HEIGHT;
    const to = canvas.getContext("2d", { alpha: false });
    let frame = 0;
    setInterval(() => {
      to.fillStyle = colour;
      to.fillRect(0, 0, WIDTH, HEIGHT);
      to.fillStyle = "#fff";
      to.fillRect((frame * 4) % WIDTH, 140, 40, 40);
      const bits = word(frame++);
      for (let cell = 0; cell < CELLS; cell++) {
        to.fillStyle = (bits >>> (CELLS - 1 - cell)) & 1 ? "#fff" : "#000";
        to.fillRect((cell * WIDTH) / CELLS, HEIGHT - HEIGHT / 24, WIDTH / CELLS, HEIGHT / 24);
      }
    }, 1000 / 25);
    return canvas.captureStream(25).getVideoTracks()[0];
  }
  async function talk() {
    const context = new AudioContext({ sampleRate: 48000 });
    const bytes = Uint8Array.from(atob(voice), (letter) => letter.charCodeAt(0));
    const source = context.createBufferSource();
    source.buffer = await context.decodeAudioData(bytes.buffer);
    source.loop = true;
    const gain = context.createGain();
    gain.gain.value = 0;
    const out = context.createMediaStreamDestination();
    source.connect(gain).connect(out);
    source.start();
    window.speak = (isOn) => gain.gain.setTargetAtTime(isOn ? 0.8 : 0, context.currentTime, 0.01);
    return out.stream.getAudioTracks()[0];
  }
  navigator.mediaDevices.getUserMedia = async ({ video, audio }) => {
    const stream = new MediaStream();
    if (video) stream.addTrack((picture ??= film()).clone());
    if (audio) stream.addTrack((await (sound ??= talk())).clone());
    return stream;
  };
}

// `voice`: of speech(); `camera`: 1 … 15.
export function meet(page, { camera, voice, colour }) {
  return page.addInitScript(pretend, { camera, voice, colour });
}

export const speak = (page, isOn) => page.evaluate((on) => window.speak(on), isOn);
