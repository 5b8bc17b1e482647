import { useEffect, useState } from "react";
import type { ShowSummary } from "../core/api";
import { useApi } from "../hooks/use-api";
import { useSeen } from "../hooks/use-seen";
import { renderWords } from "./RenderCard";
import { programsOf } from "./show-times";
import { dayOf, sizeOf, timeOf } from "./words";

export const STATES: Record<ShowSummary["state"], string> = {
  recording: "recording now",
  stopping: "files are still coming in",
  complete: "complete",
};

/* A picture of the program, once the card is on screen; the list itself stays light. */
function Poster({ show }: { show: ShowSummary }) {
  const api = useApi();
  const [box, isSeen] = useSeen<HTMLDivElement>();
  const [address, setAddress] = useState<string | null>(null);
  const [isPicture, setPicture] = useState(false);
  useEffect(() => {
    if (!isSeen || show.state === "recording") return;
    let isWanted = true;
    api.session(show.id).then(
      (manifest) => {
        if (isWanted && manifest.files?.some(({ name }) => name === "poster.jpg")) {
          setPicture(true);
          setAddress(api.fileAddress(show.id, "poster.jpg"));
          return;
        }
        const program = programsOf(manifest)[0];
        const at = Math.min(8, (program?.duration ?? show.duration) / 2000);
        if (isWanted && program) setAddress(`${api.fileAddress(show.id, program.name)}#t=${at.toFixed(1)}`);
      },
      () => {}, /* no picture then; the page of the show says more */
    );
    return () => {
      isWanted = false;
    };
  }, [api, show.id, show.state, show.duration, isSeen]);
  return (
    <div ref={box} className="picture">
      <div className="none small">{show.people.join(" · ") || "No picture"}</div>
      {address && isPicture && <img src={address} alt="" loading="lazy" onError={() => setAddress(null)} />}
      {address && !isPicture && <video src={address} preload="metadata" muted playsInline tabIndex={-1} aria-hidden="true" onError={() => setAddress(null)} />}
    </div>
  );
}

export function ShowCard({ show }: { show: ShowSummary }) {
  return (
    <li>
      <a className="show" href={`#/shows/${encodeURIComponent(show.id)}`}>
        <Poster show={show} />
        <div className="body">
          <h2 className="clip">{show.name || "Without a name"}</h2>
          <p className="small dim num">
            {dayOf(show.startedAt)} · {timeOf(show.duration)} · {sizeOf(show.bytes)}
          </p>
          <p className="small dim clip">{show.people.join(", ")}</p>
          {show.render && (
            <p className="small dim num">
              {renderWords(show.render)}
              {show.render.state === "running" && show.render.left !== null && ` ${timeOf(show.render.left)} left`}
            </p>
          )}
          <p className={`small ${show.state === "complete" ? "well" : "warn"}`}>{STATES[show.state]}</p>
        </div>
      </a>
    </li>
  );
}
