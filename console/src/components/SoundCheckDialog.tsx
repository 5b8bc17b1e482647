import { useEffect, useRef, useState } from "react";
import type { SourceId, StudioState } from "../core/studio";
import { useStudio } from "../hooks/use-studio";
import { Dialog } from "./Dialog";
import { Meter } from "./Meter";
import { isCheckable } from "./ReadyCard";
import { isolationWords, levelWords } from "./words";

const LENGTH_MS = 5000;

interface Props {
  state: StudioState;
  first: SourceId;
  onClose: () => void;
}

/* One after another: five seconds in which one person talks and the others are silent. */
export function SoundCheckDialog({ state, first, onClose }: Props) {
  const studio = useStudio();
  const people = state.sources.filter(isCheckable);
  const [current, setCurrent] = useState(first);
  const [isDone, setDone] = useState(false);
  const wasRunning = useRef(false);
  const person = people.find((source) => source.id === current);
  const next = people[people.findIndex((source) => source.id === current) + 1];
  const running = state.soundCheck?.source === current ? state.soundCheck : null;
  useEffect(() => {
    if (running === null && wasRunning.current) setDone(true);
    wasRunning.current = running !== null;
  }, [running]);
  const close = () => {
    if (running) studio.cancelSoundCheck();
    onClose();
  };
  const go = (id: SourceId) => {
    setDone(false);
    setCurrent(id);
    studio.startSoundCheck(id);
  };
  if (!person) return null;
  const isolation = isolationWords(person.isolationDb);
  const isUnheard = state.notices.some(({ id }) => id === `unheard:${person.id}`);
  const cancel = () => {
    wasRunning.current = false;
    studio.cancelSoundCheck();
  };
  return (
    <Dialog
      title={`Sound check: ${person.label}`}
      onClose={close}
      foot={
        running ? (
          <button type="button" onClick={cancel}>
            Cancel
          </button>
        ) : (
          <>
            <button type="button" onClick={close}>
              {isDone && !next ? "Done" : "Not now"}
            </button>
            {isDone && (
              <button type="button" onClick={() => go(person.id)}>
                Again
              </button>
            )}
            {isDone && next && (
              <button type="button" className="main" onClick={() => go(next.id)}>
                Next: {next.label}
              </button>
            )}
            {!isDone && (
              <button type="button" className="main" data-first onClick={() => go(person.id)}>
                Start
              </button>
            )}
          </>
        )
      }
    >
      <div className="stack" role="status">
        {running ? (
          <>
            <p>
              <b>{person.label}, keep talking.</b> Everybody else, please be silent.
            </p>
            <progress value={LENGTH_MS - running.remainingMs} max={LENGTH_MS} aria-label="Time of the sound check" />
            <p className="dim num">{Math.ceil(running.remainingMs / 1000)} s left</p>
          </>
        ) : isDone && isUnheard ? (
          <p className="warn">
            <b>Nothing was heard.</b> See that the right microphone is chosen and not muted, then try again.
          </p>
        ) : isDone ? (
          <>
            <p className={isolation?.good === false ? "warn" : "well"}>
              <b>{isolation?.good === false ? "Heard, but not alone." : "Heard well."}</b> {isolation ? `${isolation.text}.` : ""}
            </p>
            {person.gainDb !== null && <p className="small dim">{levelWords(person.gainDb)}</p>}
          </>
        ) : (
          <p>
            {person.label} talks for five seconds, as loud as in the show, and everybody else is silent. This is how Crosscut learns whose voice is whose when every
            microphone hears everybody.
          </p>
        )}
        <div className="line">
          <i className="voice" />
          <Meter source={person.id} label={person.label} broad />
        </div>
      </div>
    </Dialog>
  );
}
