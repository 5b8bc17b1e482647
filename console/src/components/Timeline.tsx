import { memo, useEffect, useRef, useState } from "react";
import type { Shot, Source, Speech } from "../core/studio";
import { useFrame } from "../hooks/use-frame";
import { useStudio } from "../hooks/use-studio";
import { vars } from "./css";
import { colourOf } from "./voices";
import { timeOf } from "./words";

const LEAST_MS = 30_000;
const MOST_MS = 120_000;
const MOVES = ".moves";

/* How much is seen: all of a young show, the last two minutes of others. */
function windowAt(now: number): number {
  return Math.min(MOST_MS, Math.max(LEAST_MS, now));
}

const tickOf = (windowMs: number) => (windowMs > 60_000 ? 30_000 : 10_000);
const share = (ms: number, windowMs: number) => `${((100 * ms) / windowMs).toFixed(3)}%`;

/* From t on for d; an open end lies beyond the right edge, and the lane cuts it off at now. */
function span(start: number, end: number | null, windowMs: number, colour: string) {
  return vars({ "--t": share(start, windowMs), "--d": share((end ?? start + 2 * MOST_MS) - start, windowMs), "--k": colour });
}

interface Props {
  sources: Source[];
  speech: Speech[];
  shots: Shot[];
}

/* Up to the last two minutes: what is drawn lies still in a layer, and the layer moves. */
export const Timeline = memo(function Timeline({ sources, speech, shots }: Props) {
  const studio = useStudio();
  const box = useRef<HTMLElement>(null);
  const [now, setNow] = useState(() => studio.clock());
  const isGrowing = now < MOST_MS;
  useEffect(() => {
    const timer = setInterval(() => setNow(studio.clock()), isGrowing ? 1000 : 5000);
    return () => clearInterval(timer);
  }, [studio, isGrowing]);
  const windowMs = windowAt(now);

  const isCalm = useRef(typeof matchMedia === "function" && matchMedia("(prefers-reduced-motion: reduce)").matches);
  useFrame(() => {
    const clock = studio.clock();
    const at = isCalm.current ? Math.floor(clock / 1000) * 1000 : clock;
    const shift = `translateX(${((100 * (windowMs - at)) / windowMs).toFixed(3)}%)`;
    box.current?.querySelectorAll<HTMLElement>(MOVES).forEach((layer) => {
      layer.style.transform = shift;
    });
  });

  const from = now - MOST_MS - 5000;
  const speakers = sources.filter((source) => source.microphone !== null);
  const labels = new Map(sources.map((source) => [source.id, source.label]));
  const recent = shots.filter((_, i) => (shots[i + 1]?.t ?? Infinity) > from);
  const ticks: number[] = [];
  const tick = tickOf(windowMs);
  for (let t = Math.max(0, Math.ceil(from / tick)) * tick; t < now + tick; t += tick) ticks.push(t);
  return (
    <section ref={box} className="timeline" aria-label="Timeline, the last two minutes">
      {speakers.map((source) => (
        <div key={source.id} className="lane">
          <span className="small clip">{source.label}</span>
          <div className="track">
            <div className="moves">
              {speech
                .filter((one) => one.source === source.id && (one.end ?? Infinity) > from)
                .map((one) => (
                  <i key={one.start} className="span" style={span(one.start, one.end, windowMs, colourOf(sources, source.id))} />
                ))}
            </div>
          </div>
        </div>
      ))}
      <div className="lane shots">
        <span className="small">Program</span>
        <div className="track">
          <ol className="moves hidden-list">
            {recent.map((shot, i) => (
              <li
                key={shot.t}
                className="span shot"
                title={`${timeOf(shot.t)} ${shot.text}`}
                style={span(shot.t, recent[i + 1]?.t ?? null, windowMs, colourOf(sources, shot.source))}
              >
                <span className="clip">{labels.get(shot.source) ?? shot.source}</span>
              </li>
            ))}
          </ol>
        </div>
      </div>
      <div className="lane axis" aria-hidden="true">
        <span />
        <div className="track num">
          <div className="moves">
            {ticks.map((t) => (
              <span key={t} className="tick" style={vars({ "--t": share(t, windowMs) })}>
                {timeOf(t)}
              </span>
            ))}
          </div>
          <span className="now">now</span>
        </div>
      </div>
    </section>
  );
});
