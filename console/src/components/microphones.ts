/* Microphones as the options of a list: "own", "" (none), or device and channel. */
import type { Device, Microphone, Source } from "../core/studio";

export function keyOf(microphone: Source["microphone"]): string {
  if (microphone === null || microphone === "own") return microphone ?? "";
  return `${microphone.channel}@${microphone.deviceId}`;
}

export function microphoneOf(key: string): Source["microphone"] {
  if (key === "" || key === "own") return key === "own" ? "own" : null;
  const at = key.indexOf("@");
  return { channel: Number(key.slice(0, at)), deviceId: key.slice(at + 1) };
}

export function microphoneOptions(devices: Device[]): { key: string; label: string; microphone: Microphone }[] {
  return devices
    .filter((device) => device.kind === "microphone")
    .flatMap((device) =>
      Array.from({ length: Math.max(1, device.channels) }, (_, channel) => {
        const microphone = { deviceId: device.deviceId, channel };
        const label = device.channels > 1 ? `${channel + 1} · ${device.label}` : device.label;
        return { key: keyOf(microphone), label, microphone };
      }),
    );
}
