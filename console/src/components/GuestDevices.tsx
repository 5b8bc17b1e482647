import type { Guest, GuestState } from "../core/guest/guest";

interface Props {
  guest: Guest;
  state: GuestState;
}

/* Which camera, which microphone, and whether the others come out of loudspeakers. */
export function GuestDevices({ guest, state }: Props) {
  const { devices, cameraId, microphoneId, hasHeadphones } = state;
  const options = (kind: "camera" | "microphone") =>
    devices
      .filter((device) => device.kind === kind)
      .map((device) => (
        <option key={device.deviceId} value={device.deviceId}>
          {device.label}
        </option>
      ));
  const hasCamera = devices.some(({ kind }) => kind === "camera");
  return (
    <div className="stack">
      <label className="field">
        <span>Camera</span>
        <select value={cameraId ?? ""} disabled={!hasCamera} onChange={(event) => void guest.choose({ cameraId: event.target.value })}>
          {!hasCamera && <option value="">No camera was found</option>}
          {options("camera")}
        </select>
      </label>
      <label className="field">
        <span>Microphone</span>
        <select value={microphoneId ?? ""} onChange={(event) => void guest.choose({ microphoneId: event.target.value })}>
          {!devices.some(({ kind }) => kind === "microphone") && <option value="">No microphone was found</option>}
          {options("microphone")}
        </select>
      </label>
      <label className="tick">
        <input type="checkbox" checked={hasHeadphones} onChange={(event) => void guest.choose({ hasHeadphones: event.target.checked })} />
        <span>I wear headphones</span>
      </label>
      <p className="small dim">
        {hasHeadphones
          ? "Good: your microphone is taken as it is, which sounds best."
          : "Without headphones the echo of the others is taken out of your sound, which costs some quality."}
      </p>
    </div>
  );
}
