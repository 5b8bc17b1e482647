import { useCallback, useEffect, useState } from "react";
import { ShowCard } from "../components/ShowCard";
import { Trouble } from "../components/Trouble";
import type { ShowSummary } from "../core/api";
import { useAnswer } from "../hooks/use-answer";
import { useApi } from "../hooks/use-api";

const PAGE = 48;

export function Library() {
  const api = useApi();
  const ask = useCallback(() => api.sessions(undefined, PAGE), [api]);
  const [answer, again] = useAnswer(ask);
  const [older, setOlder] = useState<ShowSummary[]>([]);
  const [isWhole, setWhole] = useState(false);
  const shows = answer.state === "here" ? [...answer.value.sessions, ...older] : [];
  const isGrowing = shows.some((show) => show.render !== undefined || show.state !== "complete");
  useEffect(() => {
    if (!isGrowing) return;
    const timer = setInterval(again, 4000);
    return () => clearInterval(timer);
  }, [isGrowing, again]);
  const last = shows.at(-1);
  const hasMore = !isWhole && shows.length > 0 && shows.length % PAGE === 0;
  const more = () =>
    last &&
    void api.sessions(last.startedAt, PAGE).then(
      ({ sessions }) => {
        setOlder([...older, ...sessions]);
        setWhole(sessions.length < PAGE);
      },
      again,
    );
  return (
    <main className="stack">
      <h1>Shows</h1>
      {answer.state === "waiting" && <p className="dim">Looking …</p>}
      {answer.state === "failed" && <Trouble what="The shows cannot be listed" error={answer.error} onAgain={again} />}
      {answer.state === "here" && shows.length === 0 && (
        <section className="hero">
          <h2>No show yet</h2>
          <p className="dim">What you record in the studio appears here, ready to watch and download.</p>
          <a className="button" href="#/">
            To the studio
          </a>
        </section>
      )}
      <ul className="shows">
        {shows.map((show) => (
          <ShowCard key={show.id} show={show} />
        ))}
      </ul>
      {hasMore && (
        <button type="button" onClick={more}>
          Older shows
        </button>
      )}
      <p className="small dim">
        Crosscut is free software. <a href="/licences.txt">What it is made of</a>
      </p>
    </main>
  );
}
