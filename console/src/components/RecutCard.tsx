import { useId, useState } from "react";
import type { Cut } from "../core/api";
import type { ShownShot } from "./show-times";
import type { TimelineSource } from "./ShowTimeline";
import { vars } from "./css";
import { colourOf } from "./voices";
import { useApi } from "../hooks/use-api";
import { type Choice, type Mode, rhythmOf, settingsFor } from "./recut";
import { freeName } from "./watch";
import { messageOf, patienceWord, plural, secondsOf } from "./words";

interface Props {
  id: string;
  settings: Record<string, unknown> | undefined; /* as the show is cut now */
  cuts: readonly Cut[];
  choice: Choice | null; /* null: nobody thinks about another cut */
  sources: TimelineSource[];
  shots: ShownShot[] | null; /* as they lie on the timeline */
  shown: number; /* how many shots there are now */
  duration: number;
  trouble: string | null;
  isBusy: boolean;
  onChoice: (choice: Choice | null) => void;
  onBegin: () => void;
  onChanged: () => void;
}

const MODES: { mode: Mode; label: string; text: string }[] = [
  { mode: "full", label: "Knows the whole show", text: "It knows what comes, and cuts where it costs least. Wide shots on cross-talk are part of that." },
  { mode: "look-ahead", label: "Looks ahead", text: "As a show that goes out a little late: cuts land before the word." },
  { mode: "causal", label: "As live", text: "As the show was cut while it ran." },
];

const NAME = /^[A-Za-z0-9](?!.*\.\.)[A-Za-z0-9_.-]{0,63}$/;

/* The show directed anew: seen on the timeline at once, rendered when it is wanted. */
export function RecutCard({ id, settings, cuts, choice, sources, shots, shown, duration, trouble, isBusy, onChoice, onBegin, onChanged }: Props) {
  const api = useApi();
  const slider = useId();
  const ahead = useId();
  const [name, setName] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isAsking, setAsking] = useState(false);
  const wanted = name ?? freeName(cuts);
  if (!choice)
    return (
      <section className="card" aria-label="Another cut">
        <div className="line wrap">
          <h2 className="grow">Another cut</h2>
          <button type="button" onClick={onBegin}>
            Cut it differently
          </button>
        </div>
        <p className="small dim">Patience, wide shots, what the director knows: the shots change on the timeline at once. The show stays as it is.</p>
      </section>
    );
  const change = (part: Partial<Choice>) => onChoice({ ...choice, ...part });
  const rhythm = shots && rhythmOf(shots, duration);
  const isTaken = cuts.some(({ cut }) => cut === wanted);
  const ask = () => {
    setProblem(null);
    setAsking(true);
    api
      .render(id, { cut: wanted, settings: { ...settingsFor(choice, settings), mode: choice.mode } })
      .then(
        () => {
          setName(null);
          onChanged();
        },
        (error: unknown) => setProblem(messageOf(error)),
      )
      .finally(() => setAsking(false));
  };
  return (
    <section className="card" aria-label="Another cut">
      <div className="line wrap">
        <h2 className="grow">Another cut</h2>
        <button type="button" className="plain" onClick={() => onChoice(null)}>
          Close
        </button>
      </div>
      <div className="recut">
        <div className="field">
          <span id={`${slider}-mode`}>The director</span>
          <div className="seg scroll" role="group" aria-labelledby={`${slider}-mode`}>
            {MODES.map((one) => (
              <button key={one.mode} type="button" aria-pressed={one.mode === choice.mode} onClick={() => change({ mode: one.mode })}>
                {one.label}
              </button>
            ))}
          </div>
          <span>{MODES.find(({ mode }) => mode === choice.mode)?.text}</span>
        </div>
        <div className="line wrap small">
          <label htmlFor={slider}>Patience</label>
          <input
            id={slider}
            type="range"
            min="0"
            max="10"
            step="0.5"
            value={Number.isNaN(choice.patience) ? 5 : choice.patience}
            onChange={(event) => change({ patience: event.target.valueAsNumber })}
            aria-valuetext={patienceWord(choice.patience)}
          />
          <output className="dim" htmlFor={slider}>
            {patienceWord(choice.patience)}
          </output>
        </div>
        {choice.mode === "look-ahead" && (
          <div className="line wrap small">
            <label htmlFor={ahead}>Looks ahead by</label>
            <input id={ahead} type="range" min="0.2" max="5" step="0.2" value={choice.lookAhead} onChange={(event) => change({ lookAhead: event.target.valueAsNumber })} aria-valuetext={secondsOf(1000 * choice.lookAhead)} />
            <output className="dim num" htmlFor={ahead}>
              {secondsOf(1000 * choice.lookAhead)}
            </output>
          </div>
        )}
        {sources.some(({ role }) => role === "wide") && choice.mode !== "full" && (
          <label className="line small">
            <input type="checkbox" checked={choice.isWide} onChange={(event) => change({ isWide: event.target.checked })} />
            Everybody, when several talk at once
          </label>
        )}
        {/* The timeline is far away on a phone. */}
        <div className="track narrow-only" aria-hidden="true">
          {shots?.map((shot) => (
            <i
              key={shot.t}
              className="span"
              style={vars({ "--t": `${(100 * shot.t) / Math.max(1, duration)}%`, "--d": `${(100 * (shot.end - shot.t)) / Math.max(1, duration)}%`, "--k": colourOf(sources, shot.source) })}
            />
          ))}
        </div>
        <p className="small num" role="status">
          {rhythm
            ? `${plural(rhythm.shots, "shot", "shots")} instead of ${shown}: ${rhythm.aMinute.toFixed(1)} a minute, the shortest ${secondsOf(rhythm.shortest)}.`
            : trouble
              ? ""
              : "Directing …"}
        </p>
        {(trouble ?? problem) && (
          <p className="small warn" role="alert">
            {trouble ? `It cannot be directed anew: ${trouble}` : problem}
          </p>
        )}
        <div className="line wrap">
          <label className="field grow">
            <span>Name of the cut{isTaken ? ", which is there already and would be replaced" : ""}</span>
            <input value={wanted} maxLength={64} spellCheck={false} onChange={(event) => setName(event.target.value)} aria-invalid={!NAME.test(wanted)} />
          </label>
          <button type="button" className="main bottom" disabled={isBusy || isAsking || !shots || !NAME.test(wanted)} onClick={ask}>
            Render this cut
          </button>
        </div>
        {!NAME.test(wanted) && <p className="small warn">Letters, digits, _ . and - only.</p>}
      </div>
    </section>
  );
}
