import { FilesCard } from "../components/FilesCard";
import { Notices } from "../components/Notices";
import { timeOf } from "../components/words";
import type { StudioState } from "../core/studio";
import { useStudio } from "../hooks/use-studio";

/* The show is over; files may still be on their way. */
export function AfterShow({ state }: { state: StudioState }) {
  const studio = useStudio();
  const isStopping = state.phase === "stopping";
  const left = state.files.filter((file) => file.state !== "done");
  const length = Math.max(0, ...state.files.map((file) => file.keptUntil));
  return (
    <main className="narrow stack">
      <h1>{isStopping ? "Finishing the recording …" : left.length ? "Recorded. Sending the rest …" : "Everything is on the server."}</h1>
      <p className="dim">
        {isStopping
          ? "The last seconds are written. This takes a moment."
          : left.length
            ? "Please keep this page open. If it closes all the same, nothing is lost: the next visit goes on sending."
            : `“${state.name}”, ${timeOf(length)} long, is complete. This page may be closed.`}
      </p>
      <Notices notices={state.notices} />
      <FilesCard files={state.files} room={state.room} link={state.link} sources={state.sources} />
      {!isStopping && (
        <div className="line wrap">
          {state.sessionId && (
            <a className="button main" href={`#/shows/${encodeURIComponent(state.sessionId)}`}>
              Watch it
            </a>
          )}
          <button type="button" onClick={() => studio.newShow()}>
            New show
          </button>
        </div>
      )}
    </main>
  );
}
