import { type ReactNode, useCallback, useContext, useEffect, useMemo, useRef, useState } from "react";
import { HighlightsCard } from "../components/HighlightsCard";
import { type ChosenPiece, type HighlightsFile, highlightTimeOf, isSame, programTimeOf } from "../components/pieces";
import { type Choice, choiceOf, reasonWords, wishFor } from "../components/recut";
import { RecutCard } from "../components/RecutCard";
import { isRendering, RenderCard } from "../components/RenderCard";
import { ShowFiles } from "../components/ShowFiles";
import { ShowPlayer } from "../components/ShowPlayer";
import { ShowTimeline, type Waveform } from "../components/ShowTimeline";
import { SpentCard } from "../components/SpentCard";
import { type Watchable, watchablesOf } from "../components/watch";
import type { Cut, Manifest } from "../core/api";
import { useAnswer } from "../hooks/use-answer";
import { useApi } from "../hooks/use-api";
import { useFile } from "../hooks/use-file";
import { usePlayer } from "../hooks/use-player";
import { PlannerContext, useRecut } from "../hooks/use-recut";
import { useShowTimes } from "../hooks/use-show-times";

const NO_CUTS: Cut[] = [];
const NO_PIECES: ChosenPiece[] = [];

/* Asked again when a render ended, and when one was deleted. */
function useCuts(show: Manifest): [Cut[], () => void] {
  const api = useApi();
  const state = `${show.state} ${show.render?.state ?? ""} ${show.render?.cut ?? ""}`;
  const ask = useCallback(() => (state ? api.cuts(show.id) : Promise.reject(new Error())), [api, show.id, state]);
  const [answer, again] = useAnswer(ask);
  return [answer.state === "here" ? answer.value.cuts : NO_CUTS, again];
}

/* The pieces that are rendered, and those that somebody wants instead until they are. */
function usePieces(show: Manifest) {
  const answer = useFile<HighlightsFile>(show.id, show.files, "highlights.json");
  const file = answer.state === "here" ? answer.value : null;
  const rendered = file?.pieces ?? NO_PIECES;
  const [wanted, setWanted] = useState<ChosenPiece[] | null>(null);
  const [chosen, setChosen] = useState<number | null>(null);
  const isAsked = useRef(false); /* a render makes what is wanted; it may lie some frames beside that */
  useEffect(() => {
    const isDone = isAsked.current;
    isAsked.current = false;
    setWanted((now) => (now && (isDone || isSame(now, rendered)) ? null : now));
  }, [rendered]);
  const setPieces = (pieces: ChosenPiece[]) => {
    isAsked.current = false;
    setWanted(pieces);
  };
  const asked = () => void (isAsked.current = true);
  return { file, rendered, pieces: wanted ?? rendered, setPieces, asked, chosen, setChosen };
}

export function ShowDesk({ show, onChanged, children }: { show: Manifest; onChanged: () => void; children: ReactNode }) {
  const [cuts, askForCuts] = useCuts(show);
  const all = useMemo(() => watchablesOf(show, cuts), [show, cuts]);
  const [key, setKey] = useState<string | null>(null);
  const watched = all.find((one) => one.key === key) ?? all[0];
  const { times, lines, state } = useShowTimes(show, watched, cuts);
  const { file, rendered, pieces, setPieces, asked, chosen, setChosen } = usePieces(show);
  const [known, setKnown] = useState(0); /* the length that the player found, where the manifest has none */
  const duration = times.duration > 0 ? times.duration : known;
  const isHighlights = watched?.kind === "highlights";

  const toProgram = useCallback((t: number) => (isHighlights ? programTimeOf(rendered, t) : t), [isHighlights, rendered]);
  const player = usePlayer(toProgram);
  const watch = (one: Watchable) => {
    player.keep(one.kind === "highlights" || isHighlights ? null : player.now.current() + times.start);
    setKey(one.key);
  };
  const program = all.find(({ kind }) => kind === "program");
  /* What is not in the highlights is shown in the program. */
  const go = (t: number, isPlaying: boolean) => {
    const inside = isHighlights ? highlightTimeOf(rendered, t) : t;
    if (inside !== null) return player.seek(inside, isPlaying);
    if (!program) return;
    player.keep(t + times.start, isPlaying);
    setKey(program.key);
  };
  const play = (from: number, to: number) => {
    go(from, true);
    player.stopAt(isHighlights ? null : to);
  };

  const canPlan = useContext(PlannerContext) !== null;
  const [choice, setChoice] = useState<Choice | null>(null);
  const wish = useMemo(
    () => choice && wishFor(choice, show.settings, { ...show.program, duration: show.program?.duration ?? duration }),
    [choice, show.settings, show.program?.start, show.program?.duration, show.program?.rate?.join(), duration],
  );
  const sources = useStable(show.sources);
  const plan = useRecut(lines, sources, wish);
  const planned = useMemo(() => {
    if (!plan.shots || !wish) return null;
    const late = wish.start - times.start;
    return plan.shots
      .map((shot, i) => ({ source: shot.source, t: Math.max(0, shot.t + late), end: Math.min(duration, (plan.shots![i + 1]?.t ?? wish.duration) + late), reason: reasonWords(shot) }))
      .filter(({ t, end }) => end > t);
  }, [plan.shots, wish, times.start, duration]);

  const cutOf = watched?.cut ?? null;
  const isRendered = watched !== undefined && watched.kind !== "part";
  const sound = useFile<Waveform>(show.id, isRendered ? (cuts.find(({ cut }) => cut === cutOf) ?? show).files : undefined, "waveform.json", cutOf);

  const isBusy = isRendering(show.render) || show.state !== "complete";
  /* Pieces are of the program: a part or a cut that begins elsewhere has none. */
  const hasPieces = file !== null && (watched?.kind === "program" || isHighlights);
  return (
    <main className="two">
      <div className="stack">
        {children}
        <ShowPlayer show={show} all={all} watched={watched} video={player.video} onWatch={watch} onLoaded={(ms) => (setKnown(isHighlights ? 0 : ms), player.loaded(times.start))} />
        {state === "here" && watched && (
          <ShowTimeline
            sources={show.sources ?? []}
            shots={times.shots}
            planned={planned}
            pieces={hasPieces ? pieces : undefined}
            chosenPiece={chosen}
            spoken={times.spoken}
            waveform={sound.state === "here" ? sound.value : null}
            duration={duration}
            now={player.now}
            onSeek={(t) => go(t, true)}
            onPiece={(i) => (setChosen(i), go(pieces[i]!.start, false))}
          />
        )}
        {state === "failed" && <p className="small warn">The timeline of this show cannot be read.</p>}
        {hasPieces && state === "here" && (
          <HighlightsCard
            id={show.id}
            sources={show.sources ?? []}
            times={times}
            rendered={rendered}
            note={file.note}
            pieces={pieces}
            chosen={chosen}
            isBusy={isBusy}
            now={player.now}
            onPieces={setPieces}
            onChoose={setChosen}
            onLook={(t) => go(t, false)}
            onPlay={play}
            onChanged={() => (asked(), onChanged())}
          />
        )}
        {canPlan && lines.length > 0 && show.state === "complete" && (
          <RecutCard
            id={show.id}
            settings={show.settings}
            cuts={cuts}
            choice={choice}
            sources={show.sources ?? []}
            shots={planned}
            shown={times.shots.length}
            duration={duration}
            trouble={plan.trouble}
            isBusy={isBusy}
            onChoice={setChoice}
            onBegin={() => setChoice(choiceOf(show.settings))}
            onChanged={onChanged}
          />
        )}
      </div>
      <aside className="side" aria-label="What there is of it">
        <RenderCard show={show} onChanged={onChanged} />
        <ShowFiles show={show} cuts={cuts} onCutDeleted={askForCuts} />
        <SpentCard show={show} cuts={cuts} />
      </aside>
    </main>
  );
}

/* The same object as long as it says the same: a show is asked for again while it grows. */
function useStable<T>(value: T): T {
  const text = JSON.stringify(value);
  const kept = useRef({ text, value });
  if (kept.current.text !== text) kept.current = { text, value };
  return kept.current.value;
}
