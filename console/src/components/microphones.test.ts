import { expect, test } from "vitest";
import { keyOf, microphoneOf, microphoneOptions } from "./microphones";

test("each channel of an interface is a microphone, and comes back from its key", () => {
  const devices = [
    { deviceId: "a@b", label: "Scarlett", kind: "microphone" as const, channels: 2 },
    { deviceId: "c", label: "Camera", kind: "camera" as const, channels: 0 },
  ];
  const options = microphoneOptions(devices);
  expect(options.map((option) => option.label)).toEqual(["1 · Scarlett", "2 · Scarlett"]);
  for (const option of options) expect(microphoneOf(option.key)).toEqual(option.microphone);
  for (const other of [null, "own"] as const) expect(microphoneOf(keyOf(other))).toBe(other);
});
