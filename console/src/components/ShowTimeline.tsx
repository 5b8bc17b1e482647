import { type RefObject, useMemo, useRef } from "react";
import type { Piece } from "../core/api";
import { useFrame } from "../hooks/use-frame";
import { vars } from "./css";
import type { ShownShot, Spoken } from "./show-times";
import { colourOf } from "./voices";
import { timeOf } from "./words";

export interface TimelineSource {
  id: string;
  label?: string;
  role?: "person" | "wide" | "screen" | "mic";
}

/* How loud the program is: the highest level of each step, 0 … 255. */
export interface Waveform {
  step: number; /* ms */
  peaks: number[];
}

interface Props {
  sources: TimelineSource[];
  shots: ShownShot[];
  planned?: ShownShot[] | null; /* of a cut that somebody thinks about */
  pieces?: readonly Piece[]; /* of the highlights */
  chosenPiece?: number | null;
  spoken: Spoken[];
  waveform?: Waveform | null;
  duration: number;
  now: RefObject<() => number>; /* where the player is, ms */
  onSeek: (t: number) => void;
  onPiece?: (i: number) => void;
}

const STEPS_S = [5, 10, 15, 30, 60, 120, 300, 600, 1800];

interface LaneProps {
  name: string;
  shots: ShownShot[];
  sources: TimelineSource[];
  share: (ms: number) => string;
  onSeek: (t: number) => void;
}

function ShotLane({ name, shots, sources, share, onSeek }: LaneProps) {
  const labels = new Map(sources.map((source) => [source.id, source.label ?? source.id]));
  return (
    <div className="lane shots" role="group" aria-label={name}>
      <span className="small">{name}</span>
      <div className="track">
        {shots.map((shot) => {
          const label = labels.get(shot.source) ?? "Black";
          const why = shot.reason ? `, ${shot.reason}` : "";
          return (
            <button
              key={shot.t}
              type="button"
              className="span"
              style={vars({ "--t": share(shot.t), "--d": share(shot.end - shot.t), "--k": colourOf(sources, shot.source) })}
              title={`${timeOf(shot.t)} ${label}${shot.reason ? ` · ${shot.reason}` : ""}`}
              aria-label={`${label} at ${timeOf(shot.t)}${why}`}
              onClick={() => onSeek(shot.t)}
            >
              <span className="clip">{label}</span>
            </button>
          );
        })}
        <span className="head" />
      </div>
    </div>
  );
}

/* Above and below the middle, as far as each step is loud. */
function outline(peaks: readonly number[]): string {
  const upper = peaks.map((peak, i) => `${i},${128 - peak / 2}`);
  const lower = peaks.map((peak, i) => `${i},${128 + peak / 2}`).reverse();
  return [...upper, ...lower].join(" ");
}

function SoundLane({ waveform, share }: { waveform: Waveform; share: (ms: number) => string }) {
  const points = useMemo(() => outline(waveform.peaks), [waveform]);
  const steps = Math.max(1, waveform.peaks.length - 1);
  return (
    <div className="lane sound" aria-hidden="true">
      <span className="small">Sound</span>
      <div className="track">
        <svg viewBox={`0 0 ${steps} 256`} preserveAspectRatio="none" style={vars({ "--d": share(waveform.step * waveform.peaks.length) })}>
          <polygon points={points} />
        </svg>
        <span className="head" />
      </div>
    </div>
  );
}

/* The whole show at once; a click on a shot goes there. */
export function ShowTimeline({ sources, shots, planned, pieces, chosenPiece, spoken, waveform, duration, now, onSeek, onPiece }: Props) {
  const box = useRef<HTMLElement>(null);
  useFrame(() => {
    const at = Math.min(1, now.current() / Math.max(1, duration));
    box.current?.querySelectorAll<HTMLElement>(".head").forEach((head) => {
      head.style.transform = `translateX(${(100 * at).toFixed(3)}%)`;
    });
  });
  const share = (ms: number) => `${((100 * ms) / Math.max(1, duration)).toFixed(3)}%`;
  const step = (STEPS_S.find((s) => (s * 1000) / Math.max(1, duration) > 1 / 9) ?? 3600) * 1000;
  const ticks = Array.from({ length: Math.floor(Math.max(0, duration - 1) / step) + 1 }, (_, i) => i * step).filter((t) => t < 0.95 * duration || t === 0);
  const lanes = useMemo(() => sources.filter((source) => spoken.some((one) => one.source === source.id)), [sources, spoken]);
  return (
    <section ref={box} className="timeline" aria-label="Timeline of the show">
      {lanes.map((source) => (
        <div key={source.id} className="lane">
          <span className="small clip">{source.label ?? source.id}</span>
          <div className="track">
            {spoken
              .filter((one) => one.source === source.id)
              .map((one) => (
                <i
                  key={one.start}
                  className="span"
                  style={vars({ "--t": share(one.start), "--d": share(one.end - one.start), "--k": colourOf(sources, one.source) })}
                />
              ))}
            <span className="head" />
          </div>
        </div>
      ))}
      {waveform && <SoundLane waveform={waveform} share={share} />}
      <ShotLane name="Program" shots={shots} sources={sources} share={share} onSeek={onSeek} />
      {planned && <ShotLane name="New cut" shots={planned} sources={sources} share={share} onSeek={onSeek} />}
      {pieces && pieces.length > 0 && (
        <div className="lane pieces" role="group" aria-label="Highlights">
          <span className="small">Highlights</span>
          <div className="track">
            {pieces.map((piece, i) => (
              <button
                key={i}
                type="button"
                className="span"
                style={vars({ "--t": share(piece.start), "--d": share(piece.end - piece.start), "--k": "var(--ink)" })}
                aria-pressed={i === chosenPiece}
                aria-label={`Piece ${i + 1}, ${timeOf(piece.start)} to ${timeOf(piece.end)}`}
                onClick={() => onPiece?.(i)}
              >
                <span className="clip">{i + 1}</span>
              </button>
            ))}
            <span className="head" />
          </div>
        </div>
      )}
      <div className="lane axis" aria-hidden="true">
        <span />
        <div className="track num">
          {ticks.map((t) => (
            <span key={t} className="tick" style={vars({ "--t": share(t) })}>
              {timeOf(t)}
            </span>
          ))}
        </div>
      </div>
    </section>
  );
}
