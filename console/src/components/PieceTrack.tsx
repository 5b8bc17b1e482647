import { type KeyboardEvent, type PointerEvent, type RefObject, useEffect, useRef, useState } from "react";
import { useFrame } from "../hooks/use-frame";
import { vars } from "./css";
import { type ChosenPiece, type Edge, limitsOf, withEdge, withMoved } from "./pieces";
import type { ShownShot, Spoken } from "./show-times";
import type { TimelineSource } from "./ShowTimeline";
import { colourOf } from "./voices";
import { timeOf } from "./words";

interface Props {
  i: number;
  pieces: ChosenPiece[];
  sources: TimelineSource[];
  shots: ShownShot[];
  spoken: Spoken[];
  duration: number;
  now: RefObject<() => number>;
  onChange: (pieces: ChosenPiece[]) => void;
  onLook: (t: number) => void; /* the picture there, without playing */
}

interface Span {
  from: number;
  to: number;
}

const BESIDE_MS = 12_000;
const STEPS: Record<string, number> = { ArrowLeft: -100, ArrowDown: -100, ArrowRight: 100, ArrowUp: 100, PageUp: 5000, PageDown: -5000 };

/* 1:05.2 */
export const finely = (ms: number): string => `${timeOf(ms)}.${Math.floor((ms % 1000) / 100)}`;

const around = ({ start, end }: ChosenPiece, duration: number): Span => ({ from: Math.max(0, start - BESIDE_MS), to: Math.min(duration, end + BESIDE_MS) });

/* One piece from near, to drag its edges or all of it: by mouse, finger and arrow keys. */
export function PieceTrack({ i, pieces, sources, shots, spoken, duration, now, onChange, onLook }: Props) {
  const piece = pieces[i]!;
  const track = useRef<HTMLDivElement>(null);
  const head = useRef<HTMLSpanElement>(null);
  const [seen, setSeen] = useState(() => around(piece, duration));
  const drag = useRef<{ what: Edge | "all"; offset: number } | null>(null);
  useEffect(() => setSeen(around(pieces[i]!, duration)), [i, pieces.length, duration]);
  const length = Math.max(1, seen.to - seen.from);
  const share = (t: number) => `${((100 * (t - seen.from)) / length).toFixed(3)}%`;
  const place = (from: number, to: number, colour: string) => vars({ "--t": share(from), "--d": `${((100 * (to - from)) / length).toFixed(3)}%`, "--k": colour });
  useFrame(() => {
    const at = (now.current() - seen.from) / length;
    if (!head.current) return;
    head.current.style.transform = `translateX(${(100 * at).toFixed(3)}%)`;
    head.current.style.visibility = at >= 0 && at <= 1 ? "visible" : "hidden";
  });
  const timeAt = (event: PointerEvent) => {
    const box = track.current!.getBoundingClientRect();
    return seen.from + ((event.clientX - box.left) / Math.max(1, box.width)) * length;
  };
  const move = (what: Edge | "all", t: number) => {
    const changed = what === "all" ? withMoved(pieces, i, t, duration) : withEdge(pieces, i, what, t, duration);
    onChange(changed);
    onLook(what === "end" ? changed[i]!.end : changed[i]!.start);
  };
  const grab = (what: Edge | "all") => (event: PointerEvent<HTMLElement>) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    drag.current = { what, offset: timeAt(event) - (what === "end" ? piece.end : piece.start) };
    event.stopPropagation();
  };
  const follow = (event: PointerEvent<HTMLElement>) => {
    if (drag.current) move(drag.current.what, timeAt(event) - drag.current.offset);
  };
  const drop = () => {
    if (drag.current) setSeen(around(piece, duration));
    drag.current = null;
  };
  const keyed = (edge: Edge) => (event: KeyboardEvent) => {
    const [least, most] = limitsOf(pieces, i, edge, duration);
    const step = STEPS[event.key];
    const t = event.key === "Home" ? least : event.key === "End" ? most : step === undefined ? null : piece[edge] + step * (event.shiftKey ? 10 : 1);
    if (t === null) return;
    event.preventDefault();
    event.stopPropagation();
    move(edge, t);
    if (t < seen.from || t > seen.to) setSeen(around(piece, duration));
  };
  const handle = (edge: Edge) => {
    const [least, most] = limitsOf(pieces, i, edge, duration);
    return (
      <span
        className={`handle ${edge}`}
        role="slider"
        tabIndex={0}
        style={vars({ "--t": share(Math.min(seen.to, Math.max(seen.from, piece[edge]))) })}
        aria-label={`${edge === "start" ? "Start" : "End"} of piece ${i + 1}`}
        aria-valuemin={least / 1000}
        aria-valuemax={most / 1000}
        aria-valuenow={piece[edge] / 1000}
        aria-valuetext={finely(piece[edge])}
        onKeyDown={keyed(edge)}
        onPointerDown={grab(edge)}
        onPointerMove={follow}
        onPointerUp={drop}
        onPointerCancel={drop}
      />
    );
  };
  const within = <T extends { start: number; end: number }>(all: T[]) => all.filter(({ start, end }) => end > seen.from && start < seen.to);
  const voices = sources.filter(({ id }) => spoken.some(({ source }) => source === id));
  return (
    <div className="near">
      <div ref={track} className="track">
        <div className="ground">
          {within(shots.map((shot) => ({ ...shot, start: shot.t }))).map((shot) => (
            <i key={`shot ${shot.t}`} className="span shot" style={place(shot.start, shot.end, colourOf(sources, shot.source))} />
          ))}
          {voices.map((voice, row) => (
            <div key={voice.id} className="row" style={vars({ "--row": String(row), "--rows": String(voices.length) })}>
              {within(spoken.filter(({ source }) => source === voice.id)).map((one) => (
                <i key={one.start} className="span" style={place(one.start, one.end, colourOf(sources, voice.id))} />
              ))}
            </div>
          ))}
          <div className="body" style={place(piece.start, piece.end, "")} onPointerDown={grab("all")} onPointerMove={follow} onPointerUp={drop} onPointerCancel={drop} />
          <span ref={head} className="head" />
        </div>
        {handle("start")}
        {handle("end")}
      </div>
      <p className="small dim num line" aria-hidden="true">
        <span className="grow">{finely(seen.from)}</span>
        <span>{finely(seen.to)}</span>
      </p>
    </div>
  );
}
