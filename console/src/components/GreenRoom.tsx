import { useState } from "react";
import type { Guest, GuestState } from "../core/guest/guest";
import { GuestDevices } from "./GuestDevices";
import { GuestOwn } from "./GuestOwn";
import { GuestSoundCheck } from "./GuestSoundCheck";
import { LevelMeter } from "./LevelMeter";
import { Picture } from "./Picture";
import { messageOf } from "./words";

interface Props {
  guest: Guest;
  state: GuestState;
}

const PERMISSION: Record<GuestState["permission"], string> = {
  unknown: "Your browser will ask for camera and microphone. Nobody sees or hears you before you join.",
  asking: "Your browser asks now, most often at the top of the window. Please allow camera and microphone.",
  granted: "",
  denied: "This page was not allowed to use camera and microphone. Allow them with the sign beside the address, and try again.",
  impossible: "Browsers give cameras to https addresses only. Ask your host for a link that begins with https.",
};

/* Before the show: nothing leaves this machine. */
export function GreenRoom({ guest, state }: Props) {
  const [refusal, setRefusal] = useState<string | null>(null);
  const ask = () => {
    setRefusal(null);
    guest.askDevices().catch((error: unknown) => setRefusal(messageOf(error)));
  };
  const trouble = refusal ?? state.trouble;
  const head = (
    <div className="stack head">
      <h1>{state.show ? `You are invited to “${state.show}”` : "You are invited to a show"}</h1>
      {state.name && (
        <p className="dim">
          The others see you as <b>{state.name}</b>.
        </p>
      )}
    </div>
  );
  const said = trouble && (
    <p className="warn" role="alert">
      {trouble}
    </p>
  );
  if (state.stream === null)
    return (
      <main className="green">
        <section className="hero">
          {head}
          <p className="dim">{PERMISSION[state.permission]}</p>
          {said}
          {state.permission !== "impossible" && (
            <button type="button" className="main" disabled={state.permission === "asking"} onClick={ask}>
              {state.permission === "denied" ? "Try again" : "Set up camera and microphone"}
            </button>
          )}
          <GuestOwn own={state.own} />
        </section>
      </main>
    );
  return (
    <main className="green">
      {head}
      <div className="pair">
        <section className="stack" aria-label="How you look and sound">
          <div className="self mirror">
            <Picture stream={state.stream.getVideoTracks().length > 0 ? state.stream : null} missing="No camera: the others will only hear you">
              <span className="tag name">{state.name ?? "You"}, as in a mirror</span>
            </Picture>
          </div>
          <div className="line">
            <i className="voice" />
            <LevelMeter read={() => guest.meter()} label="Your sound" broad />
          </div>
          {said}
        </section>
        <section className="stack" aria-label="Before you join">
          <div className="card">
            <h2>Your devices</h2>
            <GuestDevices guest={guest} state={state} />
          </div>
          <div className="card">
            <h2>Sound check</h2>
            <GuestSoundCheck guest={guest} state={state} />
          </div>
          <div className="card consent">
            <h2>You will be recorded</h2>
            <p>
              When the host records, your picture and sound are recorded: in the studio, and by this browser, which sends its sharper recording there. The show may be
              streamed live and published.
            </p>
            <label className="tick">
              <input type="checkbox" checked={state.hasAgreed} onChange={(event) => guest.agree(event.target.checked)} />
              <span>I agree to be recorded</span>
            </label>
            <button type="button" className="main broad" disabled={!state.hasAgreed} onClick={() => guest.join()}>
              Join the show
            </button>
          </div>
          <GuestOwn own={state.own} />
        </section>
      </div>
    </main>
  );
}
