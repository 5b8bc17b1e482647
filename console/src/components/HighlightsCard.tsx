import { type RefObject, useState } from "react";
import { useApi } from "../hooks/use-api";
import { type ChosenPiece, isSame, PIECES_MAX, TOTAL_MAX_MS, totalOf, withNew } from "./pieces";
import { PieceTrack } from "./PieceTrack";
import type { ShowTimes } from "../hooks/use-show-times";
import type { TimelineSource } from "./ShowTimeline";
import { messageOf, plural, secondsOf, timeOf } from "./words";

interface Props {
  id: string;
  sources: TimelineSource[];
  times: ShowTimes; /* of the program */
  rendered: ChosenPiece[]; /* as they are in highlights.mp4 */
  note: string | undefined;
  pieces: ChosenPiece[]; /* as somebody wants them */
  chosen: number | null;
  isBusy: boolean; /* a render runs, or may not be asked for */
  now: RefObject<() => number>;
  onPieces: (pieces: ChosenPiece[]) => void;
  onChoose: (i: number | null) => void;
  onLook: (t: number) => void;
  onPlay: (from: number, to: number) => void;
  onChanged: () => void; /* a render was asked for */
}

const lengthOf = ({ start, end }: ChosenPiece) => secondsOf(end - start);

/* Which pieces there are and why; and others instead. */
export function HighlightsCard({ id, sources, times, rendered, note, pieces, chosen, isBusy, now, onPieces, onChoose, onLook, onPlay, onChanged }: Props) {
  const api = useApi();
  const [trouble, setTrouble] = useState<string | null>(null);
  const [isAsking, setAsking] = useState(false);
  const isChanged = !isSame(pieces, rendered);
  const total = totalOf(pieces);
  const isTooLong = total > TOTAL_MAX_MS;
  const whyOf = (piece: ChosenPiece) =>
    rendered.some(({ start, end }) => start === piece.start && end === piece.end) ? piece.reason : piece.reason ? `${piece.reason} (before it was changed)` : "chosen by hand";
  const add = () => {
    const found = withNew(pieces, now.current(), times.duration);
    setTrouble(found ? null : pieces.length >= PIECES_MAX ? `There can be ${PIECES_MAX} pieces.` : "There is a piece already where the player is. Go to another place first.");
    if (!found) return;
    onPieces(found.pieces);
    onChoose(found.i);
  };
  const remove = (i: number) => {
    onPieces(pieces.filter((_, j) => j !== i));
    onChoose(null);
  };
  const ask = () => {
    setTrouble(null);
    setAsking(true);
    api
      .render(id, { highlights: pieces.map(({ start, end }) => ({ start, end })), only: "highlights" })
      .then(onChanged, (error: unknown) => setTrouble(messageOf(error)))
      .finally(() => setAsking(false));
  };
  return (
    <section className="card" aria-label="Highlights">
      <div className="line wrap">
        <h2 className="grow">
          Highlights <span className="dim num whole">{pieces.length > 0 && `${plural(pieces.length, "piece", "pieces")} · ${secondsOf(total)}`}</span>
        </h2>
        <button type="button" className="plain" onClick={add}>
          Add one here
        </button>
        {isChanged && (
          <>
            <button type="button" className="plain" onClick={() => (onPieces(rendered), onChoose(null))}>
              As they were
            </button>
            <button type="button" className="main" disabled={isBusy || isAsking || pieces.length === 0 || isTooLong} onClick={ask}>
              Render these
            </button>
          </>
        )}
      </div>
      {isTooLong && <p className="small warn">Ten minutes at most, all pieces together.</p>}
      {note && !isChanged && <p className="small dim">{note}</p>}
      {trouble && (
        <p className="small warn" role="alert">
          {trouble}
        </p>
      )}
      <ol className="rows small pieces">
        {pieces.map((piece, i) => (
          <li key={i}>
            <b className="num">{i + 1}</b>
            <span className="grow">
              <span className="num">
                {timeOf(piece.start)}–{timeOf(piece.end)} · {lengthOf(piece)}
              </span>
              <br />
              <span className="dim">{whyOf(piece)}</span>
            </span>
            <button type="button" className="plain quiet" aria-label={`Play piece ${i + 1}`} onClick={() => onPlay(piece.start, piece.end)}>
              Play
            </button>
            <button type="button" className="plain quiet" aria-expanded={i === chosen} aria-label={i === chosen ? `Done with piece ${i + 1}` : `Change piece ${i + 1}`} onClick={() => onChoose(i === chosen ? null : i)}>
              {i === chosen ? "Done" : "Change"}
            </button>
            {i === chosen && (
              <>
                <PieceTrack i={i} pieces={pieces} sources={sources} shots={times.shots} spoken={times.spoken} duration={times.duration} now={now} onChange={onPieces} onLook={onLook} />
                <span className="dim grow">Drag its edges, or move them with the arrow keys.</span>
                <button type="button" className="plain quiet" aria-label={`Remove piece ${i + 1}`} onClick={() => remove(i)}>
                  Remove
                </button>
              </>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}
