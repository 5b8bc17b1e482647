import { useState } from "react";
import type { DestinationTried } from "../core/api";
import { useApi } from "../hooks/use-api";
import { problemOf } from "./words";

type Tried = Pick<DestinationTried, "ok" | "why">;

/* Sends a slate to a saved destination for a few seconds, and says what came of it. */
export function TestDestination({ name }: { name: string }) {
  const api = useApi();
  const [isBusy, setBusy] = useState(false);
  const [tried, setTried] = useState<Tried | null>(null);
  const test = () => {
    setBusy(true);
    setTried(null);
    api
      .testDestination(name)
      .catch((error: unknown): Tried => ({ ok: false, why: problemOf(error, ["name"]).text }))
      .then((result) => {
        setTried(result);
        setBusy(false);
      });
  };
  return (
    <>
      <button type="button" className="quiet" disabled={isBusy} onClick={test} aria-label={`Test ${name}`}>
        {isBusy ? "Testing …" : "Test"}
      </button>
      <span role="status" className={tried && !tried.ok ? "small warn whole" : "small whole"}>
        {isBusy && "A test picture goes there for five seconds."}
        {tried && (tried.ok ? "Works: " : "Does not work: ")}
        {tried?.why}
      </span>
    </>
  );
}
