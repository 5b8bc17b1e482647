// A room for tests of the console as it is shipped: Chromium's virtual cameras, and two microphones that
// hear what the test lets people say, each as loudly as the test wants. They can be muted and unplugged.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageOf } from "./browser.mjs";

// The longest turn of one person in a sample show, as a WAV in Base64.
export function voiceOf(shows, file) {
  const { source, start } = JSON.parse(readFileSync(join(shows, "truth.json"), "utf8")).files.find((one) => one.file === file);
  const turns = readFileSync(join(shows, "truth.rttm"), "utf8").trim().split("\n").map((line) => line.split(/\s+/));
  const [from, length] = turns
    .filter((fields) => fields[7] === source && Number(fields[3]) > start)
    .map((fields) => [Number(fields[3]) - start, Number(fields[4])])
    .sort((a, b) => b[1] - a[1])[0];
  const cut = ["-ss", String(from), "-t", String(length), "-i", join(shows, file), "-vn", "-ac", "1", "-ar", "24000", "-f", "wav", "-"];
  return execFileSync("ffmpeg", ["-v", "error", ...cut], { maxBuffer: 1 << 26 }).toString("base64");
}

// Chromium with a profile on the disk, so that its storage is that of every browser.
export async function openRoom(...options) {
  const { chromium } = packageOf("playwright-core");
  const profile = mkdtempSync(join(tmpdir(), "crosscut-room-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CROSSCUT_CHROMIUM ?? "/usr/bin/chromium",
    headless: false,
    viewport: { width: 1440, height: 900 },
    reducedMotion: "reduce",
    args: [
      "--headless=new",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--autoplay-policy=no-user-gesture-required",
      "--use-fake-ui-for-media-stream",
      "--use-fake-device-for-media-stream=device-count=3,fps=10",
      ...options,
    ],
  });
  const close = async () => {
    await context.close().catch(() => undefined);
    rmSync(profile, { recursive: true, force: true });
  };
  return { context, close };
}

// Runs in the page, before anything else: window.room.
export function furnish() {
  const own = new Map();
  let sound = null;
  let voice = null;
  const { getUserMedia, enumerateDevices } = MediaDevices.prototype;

  function microphone(id, label) {
    own.set(id, { id, label, gain: null, wire: null, tracks: [], isThere: true });
  }
  microphone("near-a", "Microphone A");
  microphone("near-b", "Microphone B");

  function wireOf(mic) {
    sound ??= new AudioContext({ sampleRate: 48000 });
    if (!mic.gain) {
      mic.gain = new GainNode(sound, { gain: 0 });
      mic.wire = new MediaStreamAudioDestinationNode(sound, { channelCount: 1 });
      mic.gain.connect(mic.wire);
      voice?.connect(mic.gain);
    }
    return mic.wire;
  }

  function plug(mic) {
    if (!mic.isThere) throw new DOMException("not there", "NotFoundError");
    const track = wireOf(mic).stream.getAudioTracks()[0].clone();
    mic.tracks.push(track);
    return track;
  }

  const idOf = (want) => want?.deviceId?.exact ?? want?.deviceId;
  MediaDevices.prototype.getUserMedia = async function (wanted) {
    if (!wanted.audio) return getUserMedia.call(this, wanted);
    const mic = own.get(idOf(wanted.audio)) ?? [...own.values()][0];
    const stream = wanted.video ? await getUserMedia.call(this, { video: wanted.video }) : new MediaStream();
    stream.addTrack(plug(mic));
    return stream;
  };
  /* The second of Chromium's cameras is a depth camera. */
  MediaDevices.prototype.enumerateDevices = async function () {
    const cameras = (await enumerateDevices.call(this)).filter(({ kind }) => kind === "videoinput");
    const mics = [...own.values()].filter(({ isThere }) => isThere);
    return [
      ...[0, 2].flatMap((i) => cameras[i] ?? []),
      ...mics.map(({ id, label }) => ({ deviceId: id, kind: "audioinput", label, groupId: "", getCapabilities: () => ({ channelCount: { max: 1 } }) })),
    ];
  };

  const changed = () => navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
  window.room = {
    /* A person who talks on and on. */
    async seat(base64) {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      for (const mic of own.values()) wireOf(mic);
      const buffer = await sound.decodeAudioData(bytes.buffer);
      voice = new AudioBufferSourceNode(sound, { buffer, loop: true });
      for (const mic of own.values()) voice.connect(mic.gain);
      voice.start();
    },
    /* How loudly each microphone hears it: 0 … 1. */
    talk(loudness) {
      for (const [id, gain] of Object.entries(loudness)) own.get(id).gain.gain.value = gain;
    },
    mute(id, isMuted) {
      for (const track of own.get(id).tracks) track.dispatchEvent(new Event(isMuted ? "mute" : "unmute"));
    },
    unplug(id) {
      const mic = own.get(id);
      mic.isThere = false;
      for (const track of mic.tracks.splice(0)) {
        track.stop();
        track.dispatchEvent(new Event("ended"));
      }
      changed();
    },
    plugIn(id) {
      own.get(id).isThere = true;
      changed();
    },
  };
}
