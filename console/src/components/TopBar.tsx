import type { StudioState } from "../core/studio";
import { useStudio } from "../hooks/use-studio";
import { LiveText } from "./LiveText";
import { Logo } from "./Logo";
import { clockOf, linkWords, plural, safeUntilOf, timeOf } from "./words";

interface Props {
  state: StudioState;
  page: "studio" | "shows";
}

function safeWords(state: StudioState): string {
  return `${plural(state.files.length, "file", "files")} · on the server to ${timeOf(safeUntilOf(state.files))}`;
}

/* Between shows there is no link; then the room on its disk says that the server is there. */
export function isServerThere({ link, room }: StudioState): boolean {
  return link.state === "online" || room.serverFreeBytes !== null;
}

function Server({ state }: { state: StudioState }) {
  if (state.phase === "stopping" && state.link.state !== "online") return <span className="small warn">{linkWords(state.link)}</span>;
  return isServerThere(state) ? null : <span className="small warn">looking for the server …</span>;
}

/* Where one is, and whether it records: on every page. */
export function TopBar({ state, page }: Props) {
  const studio = useStudio();
  const isRecording = state.phase === "recording";
  return (
    <header className="topbar">
      <Logo />
      <nav aria-label="Pages">
        <a href="#/" aria-current={page === "studio" ? "page" : undefined}>
          Studio
        </a>
        <a href="#/shows" aria-current={page === "shows" ? "page" : undefined}>
          Shows
        </a>
      </nav>
      {page === "studio" && state.phase !== "setup" && <span className="dim clip wide-only">{state.name}</span>}
      <span className="rec">
        {isRecording ? (
          <>
            <span className="dot" />
            <LiveText className="clock num" read={() => clockOf(studio.clock())} />
            <span className="dim small num wide-only">recording{state.files.length > 0 && ` · ${safeWords(state)}`}</span>
            <span className="hidden-words">recording</span>
          </>
        ) : (
          <Server state={state} />
        )}
      </span>
    </header>
  );
}
