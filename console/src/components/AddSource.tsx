import { useState } from "react";
import type { StudioState } from "../core/studio";
import { useStudio } from "../hooks/use-studio";
import { GuestDialog } from "./GuestDialog";
import { keyOf, microphoneOptions } from "./microphones";
import { PhoneDialog } from "./PhoneDialog";

const MOST = 16;

/* What can still join: cameras and microphones that nobody uses, a screen, a phone, a guest. */
export function AddSource({ state }: { state: StudioState }) {
  const studio = useStudio();
  const [hasPhone, setPhone] = useState(false);
  const [hasGuest, setGuest] = useState(false);
  const used = new Set(state.sources.map((source) => (source.picture.kind === "camera" ? source.picture.deviceId : "")));
  const mics = new Set(state.sources.map((source) => keyOf(source.microphone)));
  const cameras = state.devices.filter((device) => device.kind === "camera" && !used.has(device.deviceId));
  const free = microphoneOptions(state.devices).filter((option) => !mics.has(option.key));
  if (state.sources.length >= MOST) return <p className="small dim">Sixteen sources are the most that a show can have.</p>;
  return (
    <section className="card" aria-label="Add a source">
      <h2>Add</h2>
      <div className="line wrap">
        {cameras.map((camera) => (
          <button key={camera.deviceId} type="button" onClick={() => studio.addCamera(camera.deviceId)}>
            {camera.label}
          </button>
        ))}
        <button type="button" onClick={() => void studio.addScreen().catch(() => {})}>
          A screen or slides
        </button>
        <button type="button" onClick={() => setPhone(true)}>
          A phone as camera
        </button>
        <button type="button" onClick={() => setGuest(true)}>
          A guest from elsewhere
        </button>
        {free.length > 0 && (
          <select
            className="fit"
            value=""
            aria-label="Add a microphone without a camera"
            onChange={(event) => {
              const option = free.find((one) => one.key === event.target.value);
              if (option) studio.addMicrophone(option.microphone);
            }}
          >
            <option value="">A microphone only …</option>
            {free.map((option) => (
              <option key={option.key} value={option.key}>
                {option.label}
              </option>
            ))}
          </select>
        )}
      </div>
      {hasGuest && <GuestDialog can={state.guests.can} onClose={() => setGuest(false)} />}
      {hasPhone && <PhoneDialog onClose={() => setPhone(false)} />}
    </section>
  );
}
