import { useRef, useState } from "react";
import { DirectingBar } from "../components/DirectingBar";
import { FilesCard } from "../components/FilesCard";
import { GuestsCard } from "../components/GuestsCard";
import { KeysDialog } from "../components/KeysDialog";
import { LiveCard } from "../components/LiveCard";
import { Notices } from "../components/Notices";
import { PeopleCard } from "../components/PeopleCard";
import { ProgramPicture } from "../components/ProgramPicture";
import { SettingsDrawer } from "../components/SettingsDrawer";
import { SourcesDialog } from "../components/SourcesDialog";
import { StopButton } from "../components/StopButton";
import { Tile } from "../components/Tile";
import { Timeline } from "../components/Timeline";
import { colourOf } from "../components/voices";
import type { Source, StudioState } from "../core/studio";
import { type Keys, useKeys } from "../hooks/use-keys";
import { useStudio } from "../hooks/use-studio";

type Open = "settings" | "keys" | "sources" | "stop" | "live" | "guest" | null;

export function StudioView({ state }: { state: StudioState }) {
  const studio = useStudio();
  const [open, setOpen] = useState<Open>(null);
  const chat = useRef<HTMLInputElement>(null);
  const { directing } = state;
  const pictures = state.sources.filter((source) => source.role !== "mic");
  const toggleHold = () => (directing.by === "manual" ? studio.auto() : studio.hold());
  useKeys({
    ...numberKeys(pictures, (source) => studio.cut(source.id)),
    w: () => studio.wide(),
    h: toggleHold,
    " ": toggleHold,
    a: () => studio.auto(),
    m: () => studio.mark("Marked by hand"),
    r: () => setOpen("stop"),
    l: () => setOpen("live"),
    g: () => (state.guests.guests.length > 0 ? chat.current?.focus() : setOpen("guest")),
    "?": () => setOpen("keys"),
  });
  const tally = (source: Source) =>
    source.id === directing.onAir ? "air" : source.id === directing.next ? "next" : null;
  const close = () => setOpen(null);
  return (
    <main className="two">
      <div className="stack studio">
        <h1 className="hidden-words">{state.name}</h1>
        <ProgramPicture sources={pictures} directing={directing} isRecording={state.phase === "recording"} />
        <div className="tiles" role="group" aria-label="Cameras">
          {pictures.map((source, i) => (
            <Tile key={source.id} source={source} number={i + 1} tally={tally(source)} colour={colourOf(state.sources, source.id)} />
          ))}
        </div>
        <DirectingBar directing={directing} sources={pictures} onSettings={() => setOpen("settings")} onKeys={() => setOpen("keys")}>
          <StopButton isAsking={open === "stop"} setAsking={(isAsking) => setOpen(isAsking ? "stop" : null)} onStop={() => void studio.stop()} />
        </DirectingBar>
        <Timeline sources={state.sources} speech={state.speech} shots={state.shots} />
      </div>
      <aside className="side" aria-label="How the show is doing">
        <Notices notices={state.notices} />
        <LiveCard live={state.live} sessionId={state.phase === "recording" ? state.sessionId : null} isAsking={open === "live"} setAsking={(isAsking) => setOpen(isAsking ? "live" : null)} />
        <GuestsCard state={state} isAdding={open === "guest"} setAdding={(isAdding) => setOpen(isAdding ? "guest" : null)} chat={chat} />
        <FilesCard files={state.files} room={state.room} link={state.link} sources={state.sources} />
        <PeopleCard sources={state.sources} shares={state.shares} link={state.link} onEdit={() => setOpen("sources")} />
      </aside>
      {open === "settings" && <SettingsDrawer directing={directing} onClose={close} />}
      {open === "keys" && <KeysDialog onClose={close} />}
      {open === "sources" && <SourcesDialog sources={state.sources} onClose={close} />}
    </main>
  );
}

function numberKeys(sources: Source[], cut: (source: Source) => void): Keys {
  return Object.fromEntries(sources.slice(0, 9).map((source, i) => [String(i + 1), () => cut(source)]));
}
