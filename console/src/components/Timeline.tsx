import { memo, useEffect, useRef, useState } from "react";
import type { Shot, Source, Speech } from "../core/studio";
import { useFrame } from "../hooks/use-frame";
import { useStudio } from "../hooks/use-studio";
import { vars } from "./css";
import { colourOf } from "./voices";
import { timeOf } from "./words";

const WINDOW_MS = 120_000;
const TICK_MS = 30_000;
const MOVES = ".moves";

const share = (ms: number) => `${((100 * ms) / WINDOW_MS).toFixed(3)}%`;

/* From t on for d; an open end lies beyond the right edge, and the lane cuts it off at now. */
function span(start: number, end: number | null, colour: string) {
  return vars({ "--t": share(start), "--d": share((end ?? start + 2 * WINDOW_MS + TICK_MS) - start), "--k": colour });
}

interface Props {
  sources: Source[];
  speech: Speech[];
  shots: Shot[];
}

/* The last two minutes: what is drawn lies still in a layer, and the layer moves. */
export const Timeline = memo(function Timeline({ sources, speech, shots }: Props) {
  const studio = useStudio();
  const box = useRef<HTMLElement>(null);
  const [now, setNow] = useState(() => studio.clock());
  useEffect(() => {
    const timer = setInterval(() => setNow(studio.clock()), 5000);
    return () => clearInterval(timer);
  }, [studio]);

  const isCalm = useRef(typeof matchMedia === "function" && matchMedia("(prefers-reduced-motion: reduce)").matches);
  useFrame(() => {
    const clock = studio.clock();
    const at = isCalm.current ? Math.floor(clock / 1000) * 1000 : clock;
    const shift = `translateX(${((100 * (WINDOW_MS - at)) / WINDOW_MS).toFixed(3)}%)`;
    box.current?.querySelectorAll<HTMLElement>(MOVES).forEach((layer) => {
      layer.style.transform = shift;
    });
  });

  const from = now - WINDOW_MS - 5000;
  const speakers = sources.filter((source) => source.microphone !== null);
  const labels = new Map(sources.map((source) => [source.id, source.label]));
  const recent = shots.filter((_, i) => (shots[i + 1]?.t ?? Infinity) > from);
  const ticks: number[] = [];
  for (let t = Math.max(0, Math.ceil(from / TICK_MS)) * TICK_MS; t < now + TICK_MS; t += TICK_MS) ticks.push(t);
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
                  <i key={one.start} className="span" style={span(one.start, one.end, colourOf(sources, source.id))} />
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
                style={span(shot.t, recent[i + 1]?.t ?? null, colourOf(sources, shot.source))}
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
              <span key={t} className="tick" style={vars({ "--t": share(t) })}>
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
