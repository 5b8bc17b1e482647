import { messageOf } from "./words";

/* A page could not get what it shows. */
export function Trouble({ what, error, onAgain }: { what: string; error: unknown; onAgain: () => void }) {
  return (
    <section className="card notice" role="alert">
      <h2>{what}</h2>
      <p className="small">{messageOf(error)}</p>
      <div className="line">
        <button type="button" onClick={onAgain}>
          Try again
        </button>
      </div>
    </section>
  );
}
