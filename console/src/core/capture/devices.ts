/* Opens what a source's picture and sound come from. Errors are messages for people. */
import type { CaptureSource } from "../capture";
import type { Format, Microphone } from "../studio";
import { playedPictures, type PlayedPictures } from "./sample";

export interface OpenedPicture {
  stream: MediaStream; /* the live picture */
  track: MediaStreamTrack | null; /* null: sound alone came */
  keepsWhole: boolean;
  pictures: PlayedPictures | null; /* of a sample: instead of what the track gives */
  element: HTMLVideoElement | null; /* of a sample: plays once all are there */
  sound: MediaStreamTrack | null; /* what came with the picture */
  close(): void;
}

export async function openPicture(source: CaptureSource, format: Format): Promise<OpenedPicture | null> {
  const { picture } = source;
  switch (picture.kind) {
    case "camera":
      return openCamera(picture.deviceId, format);
    case "screen":
      return openScreen(format);
    case "phone":
      return source.remote?.active ? opened(source.remote, false, () => undefined) : null;
    case "guest":
      if (!source.remote) throw new MissingDeviceError(source.away ?? "Nothing comes from there.");
      return opened(source.remote, false, () => undefined);
    case "sample":
      return openSample(picture.url);
    case "none":
      return null;
  }
}

export function cameraConstraints(format: Format): MediaTrackConstraints {
  return {
    width: { ideal: format.width },
    height: { ideal: format.height },
    frameRate: { ideal: format.rate, max: Math.max(format.rate, 30) },
  };
}

async function openCamera(deviceId: string, format: Format): Promise<OpenedPicture> {
  const video = { ...cameraConstraints(format), deviceId: { exact: deviceId } };
  const stream = await navigator.mediaDevices.getUserMedia({ video }).catch((error: DOMException) => {
    throw whyNot("camera", error);
  });
  return opened(stream, false, () => stop(stream));
}

async function openScreen(format: Format): Promise<OpenedPicture> {
  const options = { video: { frameRate: { ideal: format.rate } }, audio: true };
  const stream = await navigator.mediaDevices.getDisplayMedia(options).catch(() => {
    throw new Error("No screen was chosen.");
  });
  return opened(stream, true, () => stop(stream));
}

async function openSample(url: string): Promise<OpenedPicture> {
  const element = document.createElement("video");
  element.src = url;
  element.loop = true;
  element.playsInline = true;
  element.preload = "auto";
  await new Promise<void>((resolve, reject) => {
    element.oncanplay = () => resolve();
    element.onerror = () => reject(new Error("The sample show could not be loaded."));
  });
  const stream = element.captureStream();
  const pictures = stream.getVideoTracks().length > 0 ? playedPictures(element) : null;
  if (pictures) useInstead(stream, pictures.track);
  const close = () => {
    pictures?.close();
    stop(stream);
    element.pause();
    element.removeAttribute("src");
    element.load();
  };
  return { ...opened(stream, false, close), pictures, element };
}

function useInstead(stream: MediaStream, picture: MediaStreamTrack): void {
  for (const track of stream.getVideoTracks()) {
    track.stop();
    stream.removeTrack(track);
  }
  stream.addTrack(picture);
}

function opened(stream: MediaStream, keepsWhole: boolean, close: () => void): OpenedPicture {
  const track = stream.getVideoTracks()[0] ?? null;
  const sound = stream.getAudioTracks()[0] ?? null;
  return { stream: track ? new MediaStream([track]) : stream, track, keepsWhole, pictures: null, element: null, sound, close };
}

/* ---- microphones: several sources may use channels of one device ---- */

export interface OpenedMicrophone {
  track: MediaStreamTrack;
  channels: number;
  warning: string | null;
}

const MOST_CHANNELS = 32;

export async function openMicrophone(deviceId: string): Promise<OpenedMicrophone> {
  const audio: MediaTrackConstraints = {
    deviceId: { exact: deviceId },
    autoGainControl: false,
    noiseSuppression: false,
    echoCancellation: false,
    channelCount: { ideal: MOST_CHANNELS },
  };
  const stream = await navigator.mediaDevices.getUserMedia({ audio }).catch((error: DOMException) => {
    throw whyNot("microphone", error);
  });
  const track = stream.getAudioTracks()[0]!;
  return { track, channels: track.getSettings().channelCount ?? 1, warning: processingOf(track) };
}

/* A gain that follows the voice undoes the comparison of microphones by which speakers are found. */
export function processingOf(track: MediaStreamTrack): string | null {
  const settings = track.getSettings();
  const names = [
    settings.autoGainControl && "automatic gain",
    settings.noiseSuppression && "noise suppression",
    settings.echoCancellation && "echo cancellation",
  ].filter((name) => typeof name === "string");
  if (names.length === 0) return null;
  return `This browser does not switch off ${names.join(", ")} of this microphone: who speaks may be found less well.`;
}

/* The microphone that is built into a camera, or else the usual one. */
export async function ownMicrophone(cameraId: string): Promise<Microphone | null> {
  const devices = await navigator.mediaDevices.enumerateDevices();
  const camera = devices.find((device) => device.kind === "videoinput" && device.deviceId === cameraId);
  const microphones = devices.filter((device) => device.kind === "audioinput");
  const own = microphones.find((device) => device.groupId !== "" && device.groupId === camera?.groupId);
  const usual = microphones.find((device) => device.deviceId === "default") ?? microphones[0];
  const deviceId = (own ?? usual)?.deviceId;
  return deviceId === undefined ? null : { deviceId, channel: 0 };
}

export class MissingDeviceError extends Error {
  override name = "MissingDeviceError";
}

function whyNot(what: "camera" | "microphone", error: DOMException): Error {
  switch (error.name) {
    case "NotAllowedError":
      return new Error(`This page may not use the ${what}: allow it in the address bar, then try again.`);
    case "NotFoundError":
    case "OverconstrainedError":
      return new MissingDeviceError(`The ${what} is not there. When it is plugged in, it is used again.`);
    case "NotReadableError":
    case "AbortError":
      return new Error(`The ${what} cannot be used: another program may hold it.`);
    default:
      return new Error(`The ${what} cannot be opened: ${error.message || error.name}.`);
  }
}

export function stop(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
