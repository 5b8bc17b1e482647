/* The worker that records. It reads the cameras all the time, and encodes and writes while a show runs;
 * the page, busy with drawing, only passes the bytes on to storage. */
import { Camera } from "./camera";
import { ClockMap, sentAt, SessionClock } from "./clock-map";
import { Recording } from "./recording";
import type { FromWorker, SoundMessage, SourceSetup, ToWorker } from "./protocol";
import type { SourceId } from "../studio";

const TICK_MS = 100;
const sources = new Map<SourceId, { setup: SourceSetup; camera: Camera | null }>();
const pageClock = new ClockMap(); /* performance.now() of the page and of here begin at different times */
let clock = new SessionClock();
let clockOf = 0; /* the number of its show */
let recording: Recording | null = null;
let liveAddress: string | null = null;
let shownAt: WritableStreamDefaultWriter<VideoFrame> | null = null;

function post(message: FromWorker): void {
  const transfer = message.kind === "append" ? [message.bytes.buffer] : [];
  (self as unknown as Worker).postMessage(message, transfer);
}

function addSource(setup: SourceSetup, frames: ReadableStream<VideoFrame> | null): void {
  const { source } = setup;
  const camera = (frames || setup.isTimed) && new Camera(setup, frames, {
    lost: (frames) => recording?.lost(source, frames),
    trouble: (why) => post({ kind: "trouble", source, why }),
    ended: () => undefined, /* the page hears of it from the track, and says "gone" */
  }, pageClock);
  const known = { setup, camera: camera || null };
  sources.set(source, known);
  recording?.add(setup, known.camera);
}

async function takeFrame({ source, frame, lost }: Extract<ToWorker, { kind: "frame" }>): Promise<void> {
  const camera = sources.get(source)?.camera;
  if (lost > 0) recording?.lost(source, lost);
  if (camera) await camera.push(frame);
  else frame.close();
  post({ kind: "took", source });
}

function removeSource(source: SourceId): void {
  sources.get(source)?.camera?.close();
  sources.delete(source);
  void recording?.remove(source);
}

function takeSound(port: MessagePort): void {
  port.onmessage = ({ data }: MessageEvent<SoundMessage>) => recording?.sound(data, sentAt(data.wall));
}

function setClock({ at, wall, session, show }: Extract<ToWorker, { kind: "clock" }>): void {
  pageClock.feed(at, sentAt(wall));
  /* Not before: the page goes on to say what time it is until it has heard of a show's end. */
  if (show !== clockOf) clock = new SessionClock();
  clockOf = show;
  if (session !== null) clock.set(session, pageClock.map(at)!);
}

function start(message: Extract<ToWorker, { kind: "start" }>): void {
  const cameras = [...sources.values()].flatMap(({ camera }) => camera ?? []);
  recording = new Recording(message.setup, cameras, clock, post);
  for (const { setup, camera } of sources.values()) recording.add(setup, camera);
  recording.setLive(liveAddress);
  recording.setShown(shownAt);
}

function show(frames: WritableStream<VideoFrame> | null): void {
  void shownAt?.close().catch(() => undefined);
  shownAt = frames?.getWriter() ?? null;
  recording?.setShown(shownAt);
}

function setLive(address: string | null): void {
  liveAddress = address;
  recording?.setLive(address);
}

async function stop(): Promise<void> {
  const ending = recording;
  const counts = (await ending?.end()) ?? { cameras: {}, programFrames: 0 };
  recording = null;
  post({ kind: "stopped", counts });
}

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  switch (data.kind) {
    case "sound": return takeSound(data.port);
    case "clock": return setClock(data);
    case "source": return addSource(data.setup, data.frames);
    case "gone": return removeSource(data.source);
    case "frame": return void takeFrame(data);
    case "delivered": return sources.get(data.source)?.camera?.delivered(data.frames);
    case "start": return start(data);
    case "mix": return recording?.setMix(new Map(data.weights));
    case "cut": return recording?.cutTo(data.source, data.t, data.decision);
    case "prepare": return recording?.prepare(data.source);
    case "show": return show(data.frames);
    case "live": return setLive(data.address);
    case "stop": return void stop();
  }
};

setInterval(() => {
  recording?.tick();
  for (const { camera } of sources.values()) camera?.watch();
}, TICK_MS);
