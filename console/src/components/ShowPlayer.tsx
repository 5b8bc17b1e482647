import { useMemo, useRef, useState } from "react";
import type { Manifest } from "../core/api";
import { useApi } from "../hooks/use-api";
import { useShowTimes } from "../hooks/use-show-times";
import { programsOf } from "./show-times";
import { ShowTimeline } from "./ShowTimeline";

function programLabel(name: string): string {
  if (name === "program.mp4") return "Rendered";
  const part = /\.(\d+)\./.exec(name)?.[1];
  return part ? `As cut live, part ${part}` : "As cut live";
}

/* The program with its timeline beneath. */
export function ShowPlayer({ show }: { show: Manifest }) {
  const api = useApi();
  const video = useRef<HTMLVideoElement>(null);
  const programs = useMemo(() => programsOf(show), [show]);
  const [chosen, setChosen] = useState(0);
  const [isUnplayable, setUnplayable] = useState(false);
  const program = programs[chosen];
  const times = useShowTimes(show, program);
  const [known, setKnown] = useState(0); /* the length that the player found, where the manifest has none */
  const duration = times.state === "here" && times.value.duration > 0 ? times.value.duration : known;
  const seek = (t: number) => {
    if (!video.current) return;
    video.current.currentTime = t / 1000;
    video.current.play().catch(() => {});
  };
  if (!program)
    return (
      <section className="hero">
        <p className="dim">{show.state === "recording" ? "This show is being recorded. Its program can be watched when it ends." : "There is no program in this show."}</p>
      </section>
    );
  return (
    <>
      <div className="picture program">
        <video
          key={program.name}
          ref={video}
          className={isUnplayable ? undefined : "shown"}
          src={api.fileAddress(show.id, program.name)}
          controls={!isUnplayable}
          playsInline
          preload="metadata"
          aria-label={`Program of ${show.name ?? "the show"}`}
          onLoadedMetadata={(event) => {
            setUnplayable(false);
            if (Number.isFinite(event.currentTarget.duration)) setKnown(event.currentTarget.duration * 1000);
          }}
          onError={() => setUnplayable(true)}
        />
        {isUnplayable && <div className="none">This browser cannot play {program.name}. Download it, or watch it in another player.</div>}
      </div>
      {programs.length > 1 && (
        <div className="seg" role="group" aria-label="Programs">
          {programs.map((one, i) => (
            <button key={one.name} type="button" aria-pressed={i === chosen} onClick={() => setChosen(i)}>
              {programLabel(one.name)}
            </button>
          ))}
        </div>
      )}
      {times.state === "here" && (
        <ShowTimeline sources={show.sources ?? []} shots={times.value.shots} spoken={times.value.spoken} duration={duration} video={video} onSeek={seek} />
      )}
      {times.state === "failed" && <p className="small warn">The timeline of this show cannot be read.</p>}
    </>
  );
}
