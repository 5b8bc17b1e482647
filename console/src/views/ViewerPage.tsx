import { useSyncExternalStore } from "react";
import { Logo } from "../components/Logo";
import type { Viewer, ViewerState } from "../core/guest/viewer";
import { useCore } from "../hooks/use-core";
import { useStream } from "../hooks/use-stream";
import { useTitle } from "../hooks/use-title";

export type MakeViewer = (token: string) => Viewer;
const endViewer = (viewer: Viewer) => viewer.close();

/* The page behind the link of somebody who only watches. */
export function ViewerPage({ token, makeViewer }: { token: string; makeViewer: MakeViewer }) {
  const viewer = useCore(token, makeViewer, endViewer);
  return viewer && <Watching viewer={viewer} />;
}

const WAITING: Partial<Record<ViewerState["phase"], string>> = {
  joining: "Connecting …",
  waiting: "The show has not begun yet. It appears here by itself.",
};

function Watching({ viewer }: { viewer: Viewer }) {
  const state = useSyncExternalStore(viewer.subscribe, viewer.state);
  const name = state.show ?? "The show";
  useTitle(name);
  return (
    <>
      <header className="topbar">
        <Logo isPlain />
        {state.show && <span className="dim clip">{state.show}</span>}
      </header>
      {state.phase === "idle" && (
        <main>
          <section className="hero">
            <h1>{state.show ? `Watch “${state.show}”` : "Watch the show"}</h1>
            <p className="dim">You see and hear the program as it is on air. Nobody sees or hears you.</p>
            <button type="button" className="main" onClick={() => viewer.watch()}>
              Watch
            </button>
          </section>
        </main>
      )}
      {(state.phase === "joining" || state.phase === "waiting" || state.phase === "watching") && (
        <main className="viewer stack">
          <h1 className="hidden-words">{name}</h1>
          <Program stream={state.stream} name={name} words={WAITING[state.phase] ?? null} />
          <p className="small warn" role="status">
            {state.why}
          </p>
        </main>
      )}
      {(state.phase === "ended" || state.phase === "refused") && (
        <main className="narrow stack goodbye">
          <h1 aria-live="polite">{state.phase === "ended" ? "The show is over" : "You cannot watch with this link"}</h1>
          {state.why && <p className="dim">{state.why}</p>}
        </main>
      )}
    </>
  );
}

function Program({ stream, name, words }: { stream: MediaStream | null; name: string; words: string | null }) {
  const video = useStream(stream);
  return (
    <div className="picture">
      {stream && <video ref={video} playsInline autoPlay controls aria-label={`The program of ${name}`} />}
      {words && <div className="none">{words}</div>}
    </div>
  );
}
