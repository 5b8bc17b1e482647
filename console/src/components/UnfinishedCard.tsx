import { useState } from "react";
import type { Unfinished } from "../core/studio";
import { useStudio } from "../hooks/use-studio";
import { Dialog } from "./Dialog";
import { messageOf, sizeOf } from "./words";

function saidOf({ isRecording, isKnown, bytes }: Unfinished): string {
  if (isRecording) return "This page was closed or reloaded in mid-show. What was recorded is safe; go on, and the rest becomes a new part.";
  if (!isKnown) return `The server does not have this show any more: ${sizeOf(bytes)} of it are only in this browser.`;
  return bytes > 0 ? `${sizeOf(bytes)} of it are still in this browser, and are being sent. Keep this page open.` : "The server is looking through the last of it. Keep this page open.";
}

/* A show that was cut short here: nothing of it is lost, and this says what becomes of it. */
export function UnfinishedCard({ show }: { show: Unfinished }) {
  const studio = useStudio();
  const [trouble, setTrouble] = useState<string | null>(null);
  const [isAsking, setAsking] = useState(false);
  const run = (work: Promise<void>) => work.catch((error: unknown) => setTrouble(messageOf(error)));
  return (
    <section className="card notice" aria-label={`Unfinished: ${show.name}`}>
      <h2>{show.isRecording ? `“${show.name}” is still running` : `“${show.name}” is not all on the server`}</h2>
      <p className="small">
        {saidOf(show)}
      </p>
      {trouble && <p className="small warn">{trouble}</p>}
      <div className="line wrap">
        {show.isRecording && (
          <button type="button" className="main" onClick={() => void run(studio.resume(show.sessionId))}>
            Go on recording
          </button>
        )}
        <button type="button" className="plain" onClick={() => setAsking(true)}>
          Discard
        </button>
      </div>
      {isAsking && (
        <Dialog
          title="Discard what was not sent?"
          onClose={() => setAsking(false)}
          foot={
            <>
              <button type="button" className="main" onClick={() => setAsking(false)}>
                Keep it
              </button>
              <button
                type="button"
                onClick={() => {
                  setAsking(false);
                  void run(studio.discard(show.sessionId));
                }}
              >
                Discard {sizeOf(show.bytes)}
              </button>
            </>
          }
        >
          <p>The parts of “{show.name}” that are only in this browser will be gone. What the server has stays.</p>
        </Dialog>
      )}
    </section>
  );
}
