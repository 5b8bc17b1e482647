import { useEffect, useState, useSyncExternalStore } from "react";
import { Logo } from "../components/Logo";
import { messageOf, sizeOf } from "../components/words";
import { useStream } from "../hooks/use-stream";

/* What the phone's page may know of the camera that it is. */
export interface PhoneState {
  phase: "idle" | "asking" | "connecting" | "ready" | "recording" | "ended" | "refused";
  label: string; /* "Camera 3" */
  stream: MediaStream | null;
  facing: "user" | "environment";
  trouble: string | null;
  keptBytes: number; /* recorded on this phone */
  sentBytes: number; /* of it on the server */
}

export interface PhoneCamera {
  state(): PhoneState;
  subscribe(changed: () => void): () => void;
  start(): Promise<void>; /* asks for the camera, then joins */
  flip(): Promise<void>;
  leave(): void;
}

export type MakePhone = (token: string) => PhoneCamera | Promise<PhoneCamera>;

const PHASES: Record<PhoneState["phase"], string> = {
  idle: "Not connected yet",
  asking: "Please allow the camera",
  connecting: "Connecting to the studio …",
  ready: "The studio sees this phone",
  recording: "Recording",
  ended: "The show is over. Thank you!",
  refused: "This link is not valid any more. Ask for a new one.",
};

export function Phone({ token, makePhone }: { token: string; makePhone: MakePhone }) {
  const [phone, setPhone] = useState<PhoneCamera | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  useEffect(() => {
    let mine: PhoneCamera | null = null;
    let isWanted = true;
    Promise.resolve()
      .then(() => makePhone(token))
      .then(
        (made) => {
          mine = made;
          if (isWanted) setPhone(made);
          else made.leave();
        },
        (error: unknown) => setTrouble(messageOf(error)),
      );
    return () => {
      isWanted = false;
      mine?.leave();
    };
  }, [token, makePhone]);
  return (
    <main className="narrow stack phone">
      <Logo />
      {trouble && (
        <p className="warn" role="alert">
          {trouble}
        </p>
      )}
      {phone && <Joined phone={phone} />}
    </main>
  );
}

function Joined({ phone }: { phone: PhoneCamera }) {
  const state = useSyncExternalStore(
    (changed) => phone.subscribe(changed),
    () => phone.state(),
  );
  const [trouble, setTrouble] = useState<string | null>(null);
  const run = (work: Promise<void>) => void work.catch((error: unknown) => setTrouble(messageOf(error)));
  const canStart = state.phase === "idle";
  return (
    <>
      <h1>{canStart ? "Be a camera of the show" : PHASES[state.phase]}</h1>
      {canStart && (
        <p className="dim">
          This phone's picture and sound go to the studio. When the show is recorded, so are you, in full quality on this phone, and the recording is sent while it
          grows.
        </p>
      )}
      {state.stream && (
        <div className={state.phase === "recording" ? "picture program live" : "picture program"}>
          <Shown stream={state.stream} />
          {state.phase === "recording" && (
            <div className="badges">
              <span className="tag">Recording · {state.label}</span>
            </div>
          )}
        </div>
      )}
      {(trouble ?? state.trouble) && (
        <p className="warn" role="alert">
          {trouble ?? state.trouble}
        </p>
      )}
      {state.keptBytes > 0 && (
        <div className="stack" role="status">
          <progress value={state.sentBytes} max={state.keptBytes} aria-label="Sent to the studio" />
          <p className="small dim num">
            {state.sentBytes >= state.keptBytes ? "All of it is on the server." : `${sizeOf(state.keptBytes - state.sentBytes)} still to send. Keep this page open.`}
          </p>
        </div>
      )}
      <div className="line wrap">
        {canStart && (
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
      {state.phase === "ready" && <p className="small dim">Lay the phone across, plug it in if you can, and keep this page open.</p>}
    </>
  );
}

function Shown({ stream }: { stream: MediaStream }) {
  const video = useStream(stream);
  return <video ref={video} className="shown" muted playsInline autoPlay aria-hidden="true" />;
}
