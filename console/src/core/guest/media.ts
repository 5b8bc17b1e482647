/* A guest's camera and microphone. The microphone is raw, as every microphone of a show, but that echo
 * is cancelled for those who hear the others on loudspeakers. */
import { listDevices } from "../devices";
import type { Device } from "../studio";

export interface MediaWish {
  cameraId: string | null;
  microphoneId: string | null;
  hasHeadphones: boolean;
}

export interface GuestMedia {
  /* Both in one question to the person; only one of them where the other is not there. */
  open(wish: MediaWish, wants: { picture: boolean; sound: boolean }): Promise<MediaStream>;
  devices(): Promise<Device[]>;
  onChange(changed: () => void): () => void;
}

function constraintsOf({ cameraId, microphoneId, hasHeadphones }: MediaWish, wants: { picture: boolean; sound: boolean }): MediaStreamConstraints {
  const exactly = (deviceId: string | null) => (deviceId === null ? {} : { deviceId: { exact: deviceId } });
  return {
    video: wants.picture && { ...exactly(cameraId), width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } },
    audio: wants.sound && { ...exactly(microphoneId), echoCancellation: !hasHeadphones, noiseSuppression: false, autoGainControl: false },
  };
}

async function open(wish: MediaWish, wants: { picture: boolean; sound: boolean }): Promise<MediaStream> {
  if (!navigator.mediaDevices) throw new Error("This browser gives cameras to https addresses only.");
  const get = (one: typeof wants) => navigator.mediaDevices.getUserMedia(constraintsOf(wish, one));
  try {
    return await get(wants);
  } catch (error) {
    if (!wants.picture || !wants.sound || !isMissing(error)) throw error;
    return await get({ picture: false, sound: true }).catch(() => get({ picture: true, sound: false }));
  }
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : "");
const isMissing = (error: unknown): boolean => nameOf(error) === "NotFoundError" || nameOf(error) === "OverconstrainedError";
export const isDenied = (error: unknown): boolean => nameOf(error) === "NotAllowedError";

export function whyNoMedia(error: unknown): string {
  if (isDenied(error)) return "Camera and microphone were not allowed. Allow them beside the address of this page, and try again.";
  if (isMissing(error)) return "No camera and no microphone was found. Plug one in, and try again.";
  if (nameOf(error) === "NotReadableError") return "Another program has the camera or the microphone. Close it, and try again.";
  return error instanceof Error ? error.message : String(error);
}

export const BROWSER_MEDIA: GuestMedia = {
  open,
  devices: listDevices,
  onChange: (changed) => {
    const { mediaDevices } = navigator;
    mediaDevices?.addEventListener("devicechange", changed);
    return () => mediaDevices?.removeEventListener("devicechange", changed);
  },
};
