/* What the browser test of capture drives: a recording without a studio around it. */
import { StudioCapture } from "../core/capture/index";
import type { CaptureSource } from "../core/capture";
import { CameraEncoder } from "../core/capture/camera-encoder";
import { RecordedFile } from "../core/capture/recorded-file";
import { openSpool } from "../core/spool/index";
import type { Format } from "../core/studio";

const log: { event: string; value: unknown }[] = [];
const note = (event: string) => (...value: unknown[]) => void log.push({ event, value });

const format: Format = { width: 1280, height: 720, rate: 30, recorder: "webcodecs", videoKbps: 2500, reduced: null };
const spool = openSpool();
const streams = new Map<string, MediaStream>();
let zero = 0;
let capture: StudioCapture | null = null;

async function cameras(): Promise<{ cameras: string[]; microphones: string[] }> {
  const stream = await navigator.mediaDevices.getUserMedia({ video: true, audio: true });
  for (const track of stream.getTracks()) track.stop();
  const devices = await navigator.mediaDevices.enumerateDevices();
  const ids = (kind: string) => devices.filter((d) => d.kind === kind).map((d) => d.deviceId);
  return { cameras: ids("videoinput"), microphones: ids("audioinput") };
}

async function open(sources: CaptureSource[], change: Partial<Format> = {}): Promise<void> {
  Object.assign(format, change);
  capture = new StudioCapture(format, {
    stream: (source, stream) => {
      note("stream")(source, stream !== null);
      if (stream) streams.set(source, stream);
    },
    trouble: note("trouble"),
    recordStart: note("recordStart"),
    recordStop: note("recordStop"),
    cut: note("cut"),
    reduced: note("reduced"),
    failed: note("failed"),
  });
  await capture.setSources(sources);
}

async function start(sessionId: string, onAir: string, lookAheadMs: number): Promise<void> {
  await spool.begin({ sessionId, name: "Test", uploadToken: "", startedAt: new Date().toISOString() });
  zero = performance.now();
  await capture!.start({
    format,
    clock: () => performance.now() - zero,
    file: (name) => spool.create(sessionId, name),
    firstPart: () => 1,
    onAir,
    lookAheadMs,
  });
}

/* Until cameras are known and sound has come. */
async function settle(): Promise<void> {
  await new Promise<void>((resolve) => {
    const stop = capture!.onSound(() => {
      stop();
      resolve();
    });
  });
  await new Promise((resolve) => setTimeout(resolve, 1000));
}

/* The devices of a source end as if its cable were pulled; none can be opened until plugIn(). */
const { getUserMedia } = MediaDevices.prototype;
function pull(source: string): void {
  navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("gone", "NotFoundError"));
  const track = streams.get(source)!.getVideoTracks()[0]!;
  track.stop();
  track.dispatchEvent(new Event("ended"));
}

function plugIn(): void {
  navigator.mediaDevices.getUserMedia = getUserMedia;
  navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
}

async function files(sessionId: string): Promise<object[]> {
  const show = (await spool.list()).find((s) => s.show.sessionId === sessionId)!;
  return Promise.all(
    show.files.map(async (file) => {
      const { name, bytes, keptUntil, isClosed } = file;
      const whole = await crypto.subtle.digest("SHA-256", (await file.read(0, bytes)).slice());
      const expected = [...new Uint8Array(whole)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
      return { name, bytes, keptUntil, isClosed, sha256: await file.sha256(), expected };
    }),
  );
}

async function fileText(sessionId: string, name: string): Promise<string> {
  const shows = await spool.list();
  const file = shows.find((s) => s.show.sessionId === sessionId)!.files.find((f) => f.name === name)!;
  let text = "";
  for (let at = 0; at < file.bytes; at += 32768) {
    text += String.fromCharCode(...(await file.read(at, Math.min(32768, file.bytes - at))));
  }
  return btoa(text);
}

/* A recording whose keyframes come from two encoders with different parameter sets, in Base64. */
async function twoEncoders(): Promise<string> {
  const written: Uint8Array[] = [];
  const spec = { file: 1, name: "x", source: null, size: { width: 640, height: 360, rate: 30 }, channels: 0 } as const;
  const file = new RecordedFile(spec, (message) => message.kind === "append" && written.push(message.bytes));
  const descriptions = new Set<string>();
  for (const [shot, matrix] of (["bt709", "smpte170m", "bt709"] as const).entries()) {
    const encoder = new CameraEncoder(
      { width: 640, height: 360, rate: 30, kbps: 500, keyEveryMs: 500 },
      {
        chunk: (chunk) => {
          descriptions.add(String(chunk.description));
          file.addPicture(chunk);
        },
        frame: () => undefined,
        failed: note("failed"),
      },
    );
    for (let i = 0; i < 30; i++) {
      const samples = new Uint8Array((640 * 360 * 3) / 2).fill(40 + 60 * shot);
      const colorSpace = { primaries: matrix, transfer: matrix, matrix, fullRange: false };
      encoder.encode(
        new VideoFrame(samples, { format: "I420", codedWidth: 640, codedHeight: 360, timestamp: 0, colorSpace }),
        shot * 1000 + (i * 1000) / 30,
      );
    }
    await encoder.end();
  }
  file.close();
  note("descriptions")(descriptions.size);
  return btoa(written.map((bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")).join(""));
}

Object.assign(window, {
  testing: {
    cameras, open, start, settle, pull, plugIn, files, fileText, spool, log, twoEncoders,
    capture: () => capture,
    now: () => performance.now() - zero,
  },
});
