import type { ReactNode } from "react";
import type { Directing, Source } from "../core/studio";
import { useStudio } from "../hooks/use-studio";
import { LiveText } from "./LiveText";
import { patienceWord } from "./words";

interface Props {
  directing: Directing;
  sources: Source[];
  onSettings: () => void;
  onKeys: () => void;
  children: ReactNode; /* the one red button */
}

/* Who cuts, how patiently, and what brings auto back. */
export function DirectingBar({ directing, sources, onSettings, onKeys, children }: Props) {
  const studio = useStudio();
  const isManual = directing.by === "manual";
  const returns = directing.autoAt !== null;
  const hasWide = sources.some((source) => source.role === "wide");
  return (
    <section className="bar" aria-label="Directing">
      <div className="seg" role="group" aria-label="Who cuts">
        <button type="button" aria-pressed={!isManual && !returns} aria-keyshortcuts="A" onClick={() => studio.auto()}>
          Auto
        </button>
        <button type="button" aria-pressed={isManual || returns} aria-keyshortcuts="H" onClick={() => studio.hold()}>
          {returns ? "By hand" : "Manual"}
        </button>
      </div>
      {hasWide && (
        <button type="button" aria-keyshortcuts="W" onClick={() => studio.wide()}>
          Wide
        </button>
      )}
      <span className={returns ? "small num" : "small dim num wide-only"}>
        {returns ? (
          <LiveText read={() => `auto comes back in ${Math.max(0, Math.ceil(((directing.autoAt ?? 0) - studio.clock()) / 1000))} s`} />
        ) : isManual ? (
          "stays until you press A"
        ) : (
          `press 1–${Math.min(9, sources.length)} to cut`
        )}
      </span>
      <span className="patience small">
        <label htmlFor="patience">Patience</label>
        <input
          id="patience"
          type="range"
          min="0"
          max="10"
          step="1"
          value={Number.isNaN(directing.patience) ? 5 : directing.patience}
          onChange={(event) => studio.setPatience(event.target.valueAsNumber)}
          aria-valuetext={patienceWord(directing.patience)}
        />
        <output className="dim" htmlFor="patience">
          {patienceWord(directing.patience)}
        </output>
      </span>
      <button type="button" className="plain" onClick={onSettings}>
        Settings
      </button>
      <button type="button" className="plain icon wide-only" onClick={onKeys} aria-label="Keys" aria-keyshortcuts="?">
        ?
      </button>
      <span className="grow" />
      {children}
    </section>
  );
}
