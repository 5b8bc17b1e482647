import { type RefObject, useEffect, useState } from "react";
import type { Manifest } from "../core/api";
import { useApi } from "../hooks/use-api";
import type { Watchable } from "./watch";

interface Props {
  show: Manifest;
  all: Watchable[];
  watched: Watchable | undefined;
  video: RefObject<HTMLVideoElement | null>;
  onWatch: (one: Watchable) => void;
  onLoaded: (durationMs: number) => void;
}

/* What was made of a show, and what it was made of: one picture, and which it is. */
export function ShowPlayer({ show, all, watched, video, onWatch, onLoaded }: Props) {
  const api = useApi();
  const [isUnplayable, setUnplayable] = useState(false);
  const key = watched?.key;
  useEffect(() => setUnplayable(false), [key]);
  if (!watched)
    return (
      <section className="hero">
        <p className="dim">{show.state === "recording" ? "This show is being recorded. Its program can be watched when it ends." : "There is no program in this show."}</p>
      </section>
    );
  const poster = watched.cut === null && show.files?.some(({ name }) => name === "poster.jpg") ? api.fileAddress(show.id, "poster.jpg") : undefined;
  return (
    <>
      <div className="picture program">
        <video
          key={watched.key}
          ref={video}
          className={isUnplayable ? undefined : "shown"}
          src={api.fileAddress(show.id, watched.name, false, watched.cut)}
          poster={poster}
          controls={!isUnplayable}
          playsInline
          preload="metadata"
          aria-label={`${watched.label} of ${show.name ?? "the show"}`}
          onLoadedMetadata={(event) => {
            setUnplayable(false);
            onLoaded(Number.isFinite(event.currentTarget.duration) ? event.currentTarget.duration * 1000 : 0);
          }}
          onError={() => setUnplayable(true)}
        />
        {isUnplayable && <div className="none">This browser cannot play {watched.name}. Download it, or watch it in another player.</div>}
      </div>
      {all.length > 1 && (
        <div className="seg scroll" role="group" aria-label="What to watch">
          {all.map((one) => (
            <button key={one.key} type="button" aria-pressed={one === watched} onClick={() => onWatch(one)}>
              {one.label}
            </button>
          ))}
        </div>
      )}
    </>
  );
}
