import { useState, useSyncExternalStore } from "react";
import { Logo } from "../components/Logo";
import { messageOf, sizeOf } from "../components/words";
import type { Phone, PhoneState } from "../core/phone";
import type { OwnRecording } from "../core/own-recorder";
import { useCore } from "../hooks/use-core";
import { useStream } from "../hooks/use-stream";

export type MakePhone = (token: string) => Phone;
const endPhone = (phone: Phone) => phone.leave();

const PHASES: Record<PhoneState["phase"], string> = {
  idle: "Be a camera of the show",
  asking: "Please allow the camera",
  connecting: "Connecting to the studio …",
  ready: "The studio sees this phone",
  recording: "You are being recorded",
  ended: "The show is over. Thank you!",
  refused: "This link is not valid any more. Ask for a new one.",
};

/* What a phone shows that became a camera by its link. */
export function PhonePage({ token, makePhone }: { token: string; makePhone: MakePhone }) {
  const phone = useCore(token, makePhone, endPhone);
  return (
    <main className="narrow stack phone">
      <Logo />
      {phone && <Joined phone={phone} />}
    </main>
  );
}

function Joined({ phone }: { phone: Phone }) {
  const state = useSyncExternalStore(phone.subscribe, phone.state);
  const [refusal, setRefusal] = useState<string | null>(null);
  const run = (work: Promise<void>) => {
    setRefusal(null);
    work.catch((error: unknown) => setRefusal(messageOf(error)));
  };
  const trouble = refusal ?? state.trouble;
  const isIdle = state.phase === "idle";
  return (
    <>
      <h1 aria-live="polite">{PHASES[state.phase]}</h1>
      {isIdle && (
        <p className="dim">
          This phone's picture and sound go to the studio. When the show is recorded, so are they: in the studio, and by this phone itself, which sends its sharper
          recording there too. Leave this page at any time to end it.
        </p>
      )}
      {state.stream && <Shown stream={state.stream} />}
      <Own own={state.own} />
      {trouble && (
        <p className="warn" role="alert">
          {trouble}
        </p>
      )}
      <div className="line wrap">
        {isIdle && (
          <button type="button" className="main" onClick={() => run(phone.start())}>
            Join with this phone
          </button>
        )}
        {state.stream && state.phase !== "recording" && (
          <button type="button" onClick={() => run(phone.flip())}>
            {state.facing === "user" ? "Use the back camera" : "Use the front camera"}
          </button>
        )}
      </div>
      {state.stream && <p className="small dim">Lay the phone across, plug it in if you can, and keep this page open.</p>}
    </>
  );
}

/* What this phone records of itself. */
function Own({ own: { state, leftBytes, why } }: { own: OwnRecording }) {
  if (state === "off") return null;
  const left = leftBytes > 0 ? `${sizeOf(leftBytes)} still to send` : null;
  return (
    <div className="small dim num" role="status">
      {state === "waiting" && <p>This phone will record itself too, when the studio records.</p>}
      {state === "recording" && <p>This phone records itself too{left && ` · ${left}`}</p>}
      {state === "sending" && <p>This phone's own recording: {left ?? "the last of it is being checked"}. Keep this page open.</p>}
      {state === "sent" && <p>This phone's own recording is all on the server. You can close this page.</p>}
      {state === "impossible" && <p>Only the live picture is used: {why}</p>}
      {state === "impossible" && left && <p>{left}. Keep this page open.</p>}
      {state !== "impossible" && why && <p className="warn">{why}</p>}
    </div>
  );
}

function Shown({ stream }: { stream: MediaStream }) {
  const video = useStream(stream);
  return (
    <div className="picture">
      <video ref={video} muted playsInline autoPlay aria-hidden="true" />
    </div>
  );
}
