import type { Source, StudioState } from "../core/studio";
import { useStudio } from "../hooks/use-studio";
import { isServerThere } from "./TopBar";
import { APART_LEAST_DB, lengthOf, plural } from "./words";

interface Item {
  isWell: boolean;
  text: string;
}

/* A guest is alone in their room: nobody else is in their microphone. */
export function isCheckable({ microphone, picture }: Source): boolean {
  return microphone !== null && picture.kind !== "guest";
}

/* What a glance should check before the show. Nothing here prevents recording. */
export function readiness(state: StudioState): Item[] {
  const pictures = state.sources.filter((source) => source.role !== "mic");
  const voices = state.sources.filter((source) => source.microphone !== null);
  const together = voices.filter(isCheckable);
  const checked = together.filter((source) => source.gainDb !== null);
  const close = voices.filter((source) => source.isolationDb !== null && source.isolationDb < APART_LEAST_DB);
  const troubled = state.sources.filter((source) => source.trouble);
  const wide = state.sources.some((source) => source.role === "wide");
  const { secondsLeft } = state.room;
  return [
    { isWell: troubled.length === 0, text: troubled[0] ? `${troubled[0].label}: ${troubled[0].trouble}` : `${plural(pictures.length, "picture", "pictures")}${wide ? ", one of everybody" : ""}` },
    { isWell: voices.length > 0, text: voices.length ? plural(voices.length, "microphone", "microphones") : "No microphone: you cut by hand" },
    { isWell: together.length < 2 || checked.length === together.length, text: together.length < 2 ? "With one microphone no sound check is needed" : checked.length === together.length ? "Sound checked" : `Sound checked for ${checked.length} of ${together.length}` },
    ...(close.length ? [{ isWell: false, text: `${close.map((source) => source.label).join(", ")}: others are too loud in the microphone` }] : []),
    { isWell: isServerThere(state), text: isServerThere(state) ? "The server answers" : "The server does not answer yet" },
    ...(secondsLeft !== null ? [{ isWell: secondsLeft > 3600, text: `Room for ${lengthOf(secondsLeft * 1000)}` }] : []),
  ];
}

interface Props {
  state: StudioState;
  trouble: string | null; /* why recording did not begin */
  onCheck: () => void;
  onRecord: () => void;
}

export function ReadyCard({ state, trouble, onCheck, onRecord }: Props) {
  const studio = useStudio();
  const voices = state.sources.filter(isCheckable);
  const isStarting = state.phase === "starting";
  return (
    <section className="card stack" aria-label="Ready?">
      <label className="field">
        <span>Name of the show</span>
        <input value={state.name} maxLength={120} onChange={(event) => studio.setName(event.target.value)} />
      </label>
      <ul className="rows small checks">
        {readiness(state).map((item) => (
          <li key={item.text}>
            <span className={item.isWell ? "well" : "warn"} aria-hidden="true">
              {item.isWell ? "✓" : "!"}
            </span>
            <span>{item.text}</span>
          </li>
        ))}
      </ul>
      {voices.length > 1 && (
        <button type="button" onClick={onCheck}>
          Sound check, one after another
        </button>
      )}
      <button type="button" className="record" disabled={isStarting || state.sources.length === 0} onClick={onRecord} aria-keyshortcuts="R">
        {isStarting ? "Starting …" : "Record"}
      </button>
      {trouble && (
        <p className="small warn" role="alert">
          {trouble}
        </p>
      )}
    </section>
  );
}
