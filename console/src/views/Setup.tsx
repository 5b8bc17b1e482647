import { useRef, useState } from "react";
import { AddSource } from "../components/AddSource";
import { FormatCard } from "../components/FormatCard";
import { GuestsCard } from "../components/GuestsCard";
import { Notices } from "../components/Notices";
import { isCheckable, ReadyCard } from "../components/ReadyCard";
import { SoundCheckDialog } from "../components/SoundCheckDialog";
import { SourceCard } from "../components/SourceCard";
import { UnfinishedCard } from "../components/UnfinishedCard";
import { colourOf } from "../components/voices";
import { messageOf } from "../components/words";
import type { Device, SourceId, StudioState } from "../core/studio";
import { useKeys } from "../hooks/use-keys";
import { useStudio } from "../hooks/use-studio";

const PERMISSION: Record<StudioState["permission"], string> = {
  unknown: "Your browser will ask whether Crosscut may see cameras and hear microphones. Pictures stay on this machine until you press Record.",
  asking: "Your browser asks now, most often at the top of the window. Please allow cameras and microphones.",
  granted: "No camera is connected. Plug one in, and it appears here by itself.",
  denied: "Your browser was told not to give cameras to this page. Click the camera sign beside the address, allow it, and try again.",
  impossible:
    "Browsers give cameras only to pages with https, or on this machine itself. Open this page by https, or as http://localhost on the machine where Crosscut runs.",
};

/* What is there, when the browser may tell. */
function Cameras({ cameras }: { cameras: Device[] }) {
  const studio = useStudio();
  const all = () => cameras.forEach((camera) => studio.addCamera(camera.deviceId));
  return (
    <button type="button" className="main" onClick={all}>
      {cameras.length === 1 ? `Use ${cameras[0]?.label}` : cameras.length === 2 ? "Use both cameras" : `Use all ${cameras.length} cameras`}
    </button>
  );
}

function Welcome({ state, onSample, trouble }: { state: StudioState; onSample: () => void; trouble: string | null }) {
  const studio = useStudio();
  const cameras = state.devices.filter((device) => device.kind === "camera");
  const hasCameras = state.permission === "granted" && cameras.length > 0;
  const main = state.unfinished.some((show) => show.isRecording) ? undefined : "main"; /* going on comes first */
  const canAsk = state.permission !== "impossible" && state.permission !== "granted";
  return (
    <section className="hero">
      <h1>Set up your show</h1>
      <p className="dim">{hasCameras ? "These cameras are here. Take all of them, or choose below." : PERMISSION[state.permission]}</p>
      <div className="line wrap">
        {canAsk && (
          <button type="button" className={main} disabled={state.permission === "asking"} onClick={() => void studio.askPermission()}>
            {state.permission === "denied" ? "Try again" : "Use cameras and microphones"}
          </button>
        )}
        {hasCameras && <Cameras cameras={cameras} />}
        <button type="button" onClick={onSample}>
          Open a sample show
        </button>
      </div>
      {trouble && (
        <p className="small warn" role="alert">
          {trouble}
        </p>
      )}
      <p className="small dim">The sample show has three people who talk with each other, and needs no camera.</p>
    </section>
  );
}

export function Setup({ state }: { state: StudioState }) {
  const studio = useStudio();
  const [checking, setChecking] = useState<SourceId | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  const [isAdding, setAdding] = useState(false);
  const chat = useRef<HTMLInputElement>(null);
  const voices = state.sources.filter(isCheckable);
  /* A show that runs comes before one that is to be set up. */
  const running = state.unfinished.filter((show) => show.isRecording);
  const unsent = state.unfinished.filter((show) => !show.isRecording);
  const fail = (error: unknown) => setTrouble(messageOf(error));
  const sample = () => void studio.addSampleShow().catch(fail);
  const record = () => {
    setTrouble(null);
    studio.start().catch(fail);
  };
  useKeys({ r: () => state.phase === "setup" && state.sources.length > 0 && record() });
  return (
    <main className={state.sources.length > 0 || unsent.length > 0 ? "two" : undefined}>
      <div className="stack">
        {running.map((show) => (
          <UnfinishedCard key={show.sessionId} show={show} />
        ))}
        {state.sources.length === 0 ? (
          <Welcome state={state} onSample={sample} trouble={trouble} />
        ) : (
          <>
            <h1 className="hidden-words">Set-up</h1>
            <ul className="sources">
              {state.sources.map((source, i) => (
                <SourceCard
                  key={source.id}
                  source={source}
                  number={i + 1}
                  devices={state.devices}
                  colour={colourOf(state.sources, source.id)}
                  onCheck={() => setChecking(source.id)}
                />
              ))}
            </ul>
          </>
        )}
        {(state.permission === "granted" || state.sources.length > 0) && <AddSource state={state} />}
      </div>
      <aside className="side" aria-label="Before the show">
        {unsent.map((show) => (
          <UnfinishedCard key={show.sessionId} show={show} />
        ))}
        {state.sources.length > 0 && <ReadyCard state={state} trouble={trouble} onCheck={() => setChecking(voices[0]?.id ?? null)} onRecord={record} />}
        <Notices notices={state.notices} />
        {state.guests.guests.length > 0 && <GuestsCard state={state} isAdding={isAdding} setAdding={setAdding} chat={chat} />}
        {state.sources.length > 0 && <FormatCard format={state.format} />}
      </aside>
      {checking && <SoundCheckDialog state={state} first={checking} onClose={() => setChecking(null)} />}
    </main>
  );
}
