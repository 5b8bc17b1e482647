import { useState } from "react";
import type { LiveDestination, LiveShow } from "../core/api";
import { useApi } from "../hooks/use-api";
import { useFrame } from "../hooks/use-frame";
import { useStudio } from "../hooks/use-studio";
import { Dialog } from "./Dialog";
import { GoLiveDialog } from "./GoLiveDialog";
import { clockOf, messageOf } from "./words";

export function isOnAir(live: LiveShow | null): live is LiveShow {
  return live !== null && live.state !== "ended";
}

/* 3.2 Mbit/s, 800 kbit/s */
export function rateOf(kbps: number): string {
  return kbps >= 1000 ? `${(kbps / 1000).toFixed(1)} Mbit/s` : `${Math.round(kbps)} kbit/s`;
}

/* What is said of a destination, and read aloud when it changes. */
export function destinationWords({ state, why, wait }: LiveDestination): string {
  if (state === "live") return "Live";
  if (state === "retrying") return `Trying again${wait ? ` in ${Math.ceil(wait / 1000)} s` : ""}: ${why ?? "no reason was given"}`;
  if (state === "failed") return `Failed: ${why ?? "no reason was given"}`;
  return state === "ended" ? "Ended" : "Connecting …";
}

interface Props {
  live: LiveShow | null;
  sessionId: string | null;
  isAsking: boolean;
  setAsking: (isAsking: boolean) => void;
}

/* Where the show is live, and the way there and back. */
export function LiveCard({ live, sessionId, isAsking, setAsking }: Props) {
  const isOn = isOnAir(live);
  const close = () => setAsking(false);
  return (
    <section className="card stack" aria-label="Live">
      <div className="line wrap">
        <h2 className="grow">{isOn ? "On air" : "Live"}</h2>
        {isOn && <AirTime since={live.start} />}
        <button type="button" className={isOn ? undefined : "main"} disabled={sessionId === null || live?.state === "ending"} onClick={() => setAsking(true)} aria-keyshortcuts="L">
          {isOn ? "End live" : "Go live"}
        </button>
      </div>
      {isOn && sessionId ? <Destinations live={live} sessionId={sessionId} /> : <p className="small dim">To YouTube, Twitch or any RTMP address, while it is recorded.</p>}
      {isAsking && sessionId && (isOn ? <EndLiveDialog sessionId={sessionId} onClose={close} /> : <GoLiveDialog sessionId={sessionId} onClose={close} />)}
    </section>
  );
}

function AirTime({ since }: { since: number }) {
  const studio = useStudio();
  const [now, setNow] = useState(studio.clock());
  useFrame(() => {
    const next = studio.clock();
    if (Math.floor((next - since) / 1000) !== Math.floor((now - since) / 1000)) setNow(next);
  });
  return (
    <span className="num" aria-label="Time on air">
      {clockOf(now - since)}
    </span>
  );
}

const isOver = ({ state }: LiveDestination) => state === "ended" || state === "failed";

function Destinations({ live, sessionId }: { live: LiveShow; sessionId: string }) {
  const [leaving, setLeaving] = useState<string | null>(null);
  const isOneOfMany = live.destinations.filter((one) => !isOver(one)).length > 1; /* the last one ends with the stream */
  const isOurs = (live.egress ?? "console") === "console"; /* LiveKit's Egress tells neither bytes nor frames */
  const warnings = [...live.program.warnings, ...live.destinations.flatMap(({ warnings }) => warnings)];
  return (
    <>
      <ul className="rows small" aria-label="Destinations">
        {live.destinations.map((one) => (
          <li key={one.name}>
            <span className={one.state === "live" ? "well" : one.state === "failed" ? "warn" : "dim"} aria-hidden="true">
              {one.state === "live" ? "●" : one.state === "failed" ? "✕" : "○"}
            </span>
            <span className="grow">
              <b>{one.name}</b>
              <br />
              <span role="status">{destinationWords(one)}</span>
            </span>
            {one.state === "live" && isOurs && (
              <span className="num dim">
                {rateOf(one.kbps ?? 0)}
                {one.dropped > 0 && (
                  <>
                    <br />
                    {one.dropped} dropped
                  </>
                )}
              </span>
            )}
            {isOneOfMany && !isOver(one) && (
              <button type="button" className="plain quiet" aria-label={`End ${one.name}`} onClick={() => setLeaving(one.name)}>
                End
              </button>
            )}
          </li>
        ))}
      </ul>
      {leaving !== null && <EndLiveDialog sessionId={sessionId} destination={leaving} onClose={() => setLeaving(null)} />}
      {!isOurs && <p className="small dim">Sent by LiveKit Egress{live.egress === "livekit" ? ": keep this page open." : ". Keep this page open for the cameras of this room."}</p>}
      {isOurs && live.program.slate && (
        <p className="small warn" role="status">
          Nothing comes from this studio: viewers see a slate.
        </p>
      )}
      {live.delay > 0 && <p className="small dim">{live.delay / 1000} s behind.</p>}
      {warnings.map((text) => (
        <p key={text} className="small warn">
          {text}
        </p>
      ))}
    </>
  );
}

/* `destination`: that one alone. */
function EndLiveDialog({ sessionId, destination, onClose }: { sessionId: string; destination?: string; onClose: () => void }) {
  const api = useApi();
  const [trouble, setTrouble] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const end = () => {
    setBusy(true);
    api.endLive(sessionId, destination).then(onClose, (error: unknown) => {
      setBusy(false);
      setTrouble(messageOf(error));
    });
  };
  return (
    <Dialog
      title={destination === undefined ? "End the stream?" : `End the stream to ${destination}?`}
      onClose={onClose}
      foot={
        <>
          <button type="button" onClick={onClose}>
            Stay live
          </button>
          <button type="button" className="record" data-first disabled={isBusy} onClick={end}>
            {destination === undefined ? "End live" : `End ${destination}`}
          </button>
        </>
      }
    >
      <p>Viewers see it end now, {destination === undefined ? "everywhere. Recording goes on." : "there. The other destinations and the recording go on."}</p>
      {trouble && (
        <p className="warn" role="alert">
          {trouble}
        </p>
      )}
    </Dialog>
  );
}
