import { useCallback, useEffect, useState } from "react";
import { DeleteShow } from "../components/DeleteShow";
import { STATES } from "../components/ShowCard";
import { isRendering } from "../components/RenderCard";
import { Trouble } from "../components/Trouble";
import { dayOf, messageOf, timeOf } from "../components/words";
import { useAnswer } from "../hooks/use-answer";
import { useApi } from "../hooks/use-api";
import { ShowDesk } from "./ShowDesk";

export function ShowPage({ id }: { id: string }) {
  const api = useApi();
  const ask = useCallback(() => api.session(id), [api, id]);
  const [answer, again] = useAnswer(ask);
  const [isInTrash, setInTrash] = useState(false);
  const isRunning = answer.state === "here" && isRendering(answer.value.render);
  const isGrowing = isRunning || (answer.state === "here" && answer.value.state !== "complete");
  useEffect(() => {
    if (!isGrowing) return;
    const timer = setInterval(again, isRunning ? 1500 : 3000);
    return () => clearInterval(timer);
  }, [isGrowing, isRunning, again]);
  if (answer.state === "waiting")
    return (
      <main>
        <p className="dim">Looking …</p>
      </main>
    );
  if (answer.state === "failed")
    return (
      <main className="narrow stack">
        <h1>Not to be seen</h1>
        <Trouble what="This show cannot be opened" error={answer.error} onAgain={again} />
        <a href="#/shows">All shows</a>
      </main>
    );
  const show = answer.value;
  const name = show.name ?? "Without a name";
  const length = show.duration ?? show.program?.duration;
  if (isInTrash) return <InTrash id={id} name={name} onBack={() => setInTrash(false)} />;
  return (
    <ShowDesk show={show} onChanged={again}>
      <div className="line wrap">
        <div className="grow">
          <h1>{name}</h1>
          <p className="small dim num">
            {dayOf(show.started_at)}
            {length ? ` · ${timeOf(length)}` : ""} · {STATES[show.state]}
          </p>
        </div>
        <DeleteShow id={id} name={name} isDisabled={show.state === "recording"} onDeleted={() => setInTrash(true)} />
      </div>
    </ShowDesk>
  );
}

function InTrash({ id, name, onBack }: { id: string; name: string; onBack: () => void }) {
  const api = useApi();
  const [trouble, setTrouble] = useState<string | null>(null);
  return (
    <main className="narrow stack">
      <h1>“{name}” is in the trash</h1>
      <p className="dim">Its files are kept for some days, and then removed.</p>
      {trouble && (
        <p className="warn" role="alert">
          {trouble}
        </p>
      )}
      <div className="line wrap">
        <button type="button" className="main" onClick={() => api.restore(id).then(onBack, (error: unknown) => setTrouble(messageOf(error)))}>
          Bring it back
        </button>
        <a className="button" href="#/shows">
          All shows
        </a>
      </div>
    </main>
  );
}
