/* Cameras and microphones of this machine. */
import type { Device } from "./studio";

export async function listDevices(): Promise<Device[]> {
  const all = await navigator.mediaDevices.enumerateDevices();
  let cameras = 0;
  let microphones = 0;
  return all.flatMap((device): Device[] => {
    /* "default" and "communications" are names for devices that are listed themselves. */
    if (device.deviceId === "" || device.deviceId === "default" || device.deviceId === "communications") return [];
    if (device.kind === "videoinput")
      return [{ deviceId: device.deviceId, label: device.label || `Camera ${++cameras}`, kind: "camera", channels: 0 }];
    if (device.kind !== "audioinput") return [];
    const label = device.label || `Microphone ${++microphones}`;
    return [{ deviceId: device.deviceId, label, kind: "microphone", channels: channelsOf(device) }];
  });
}

function channelsOf(device: MediaDeviceInfo): number {
  const most = (device as InputDeviceInfo).getCapabilities?.().channelCount?.max;
  return most && most > 0 ? Math.min(most, 16) : 1;
}

/* The most lines that a camera here gives; without a word of it, 720. */
export async function mostHeight(): Promise<number> {
  const all = await navigator.mediaDevices.enumerateDevices();
  const heights = all
    .filter(({ kind }) => kind === "videoinput")
    .map((device) => (device as InputDeviceInfo).getCapabilities?.().height?.max ?? 720);
  return heights.length > 0 ? Math.min(...heights) : 720;
}

/* Asks once for both; without a microphone or camera, for what there is. Throws what the browser
 * says when it is refused. The streams are stopped at once: a camera that is open keeps its size. */
export async function askForDevices(): Promise<void> {
  const stop = (stream: MediaStream) => stream.getTracks().forEach((track) => track.stop());
  try {
    stop(await navigator.mediaDevices.getUserMedia({ video: true, audio: true }));
  } catch (error) {
    if ((error as DOMException).name !== "NotFoundError") throw error;
    for (const only of [{ audio: true }, { video: true }])
      await navigator.mediaDevices.getUserMedia(only).then(stop, (other: DOMException) => {
        if (other.name !== "NotFoundError") throw other;
      });
  }
}
