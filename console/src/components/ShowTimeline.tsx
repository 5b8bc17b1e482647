import { type RefObject, useMemo, useRef } from "react";
import { useFrame } from "../hooks/use-frame";
import { vars } from "./css";
import type { ShownShot, Spoken } from "./show-times";
import { colourOf } from "./voices";
import { timeOf } from "./words";

interface Props {
  sources: { id: string; label?: string; role?: "person" | "wide" | "screen" | "mic" }[];
  shots: ShownShot[];
  spoken: Spoken[];
  duration: number;
  video: RefObject<HTMLVideoElement | null>;
  onSeek: (t: number) => void;
}

const STEPS_S = [5, 10, 15, 30, 60, 120, 300, 600, 1800];

/* The whole show at once; a click on a shot goes there. */
export function ShowTimeline({ sources, shots, spoken, duration, video, onSeek }: Props) {
  const box = useRef<HTMLElement>(null);
  useFrame(() => {
    const at = Math.min(1, ((video.current?.currentTime ?? 0) * 1000) / Math.max(1, duration));
    box.current?.querySelectorAll<HTMLElement>(".head").forEach((head) => {
      head.style.transform = `translateX(${(100 * at).toFixed(3)}%)`;
    });
  });
  const share = (ms: number) => `${((100 * ms) / Math.max(1, duration)).toFixed(3)}%`;
  const labels = new Map(sources.map((source) => [source.id, source.label ?? source.id]));
  const step = (STEPS_S.find((s) => (s * 1000) / Math.max(1, duration) > 1 / 9) ?? 3600) * 1000;
  const ticks = Array.from({ length: Math.floor(Math.max(0, duration - 1) / step) + 1 }, (_, i) => i * step).filter((t) => t < 0.95 * duration || t === 0);
  const lanes = useMemo(() => sources.filter((source) => spoken.some((one) => one.source === source.id)), [sources, spoken]);
  const place = (from: number, to: number, source: string) =>
    vars({ "--t": share(from), "--d": share(to - from), "--k": colourOf(sources, source) });
  return (
    <section ref={box} className="timeline" aria-label="Timeline of the show">
      {lanes.map((source) => (
        <div key={source.id} className="lane">
          <span className="small clip">{labels.get(source.id)}</span>
          <div className="track">
            {spoken
              .filter((one) => one.source === source.id)
              .map((one) => (
                <i key={one.start} className="span" style={place(one.start, one.end, one.source)} />
              ))}
            <span className="head" />
          </div>
        </div>
      ))}
      <div className="lane shots">
        <span className="small">Program</span>
        <div className="track">
          {shots.map((shot) => {
            const label = labels.get(shot.source) ?? "Black";
            return (
              <button
                key={shot.t}
                type="button"
                className="span"
                style={place(shot.t, shot.end, shot.source)}
                title={`${timeOf(shot.t)} ${label}${shot.reason ? ` · ${shot.reason}` : ""}`}
                aria-label={`${label} at ${timeOf(shot.t)}${shot.reason ? `, ${shot.reason}` : ""}`}
                onClick={() => onSeek(shot.t)}
              >
                <span className="clip">{label}</span>
              </button>
            );
          })}
          <span className="head" />
        </div>
      </div>
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
