import type { Guest, GuestState, Loudness } from "../core/guest/guest";

const LENGTH_MS = 5000;

const SAID: Record<Loudness, { isWell: boolean; title: string; text: string }> = {
  fine: { isWell: true, title: "You sound fine.", text: "The host hears you well." },
  quiet: { isWell: false, title: "You are too quiet.", text: "Come nearer to the microphone, or turn it up in the settings of this machine." },
  loud: { isWell: false, title: "You are too loud.", text: "Move away from the microphone, or turn it down in the settings of this machine." },
  unheard: { isWell: false, title: "Nothing was heard.", text: "See that the right microphone is chosen and not muted, then try again." },
};

/* Five seconds of talking, and whether that is loud enough. */
export function GuestSoundCheck({ guest, state: { check, loudness } }: { guest: Guest; state: GuestState }) {
  const said = loudness && SAID[loudness];
  return (
    <div className="stack check">
      <div role="status" className="stack">
        {check ? (
          <>
            <p>
              <b>Keep talking</b> as you will in the show …
            </p>
            <progress value={LENGTH_MS - check.remainingMs} max={LENGTH_MS} aria-label="Time of the sound check" />
          </>
        ) : said ? (
          <p>
            <b className={said.isWell ? "well" : "warn"}>
              <span aria-hidden="true">{said.isWell ? "✓ " : "! "}</span>
              {said.title}
            </b>{" "}
            {said.text}
          </p>
        ) : (
          <p className="dim">Talk for five seconds, as you will in the show.</p>
        )}
      </div>
      <button type="button" disabled={check !== null} onClick={() => guest.startCheck()}>
        {loudness ? "Check again" : "Check my sound"}
      </button>
    </div>
  );
}
