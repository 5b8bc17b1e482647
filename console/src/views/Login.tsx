import { type FormEvent, useState } from "react";
import { Logo } from "../components/Logo";
import { messageOf } from "../components/words";
import { useApi } from "../hooks/use-api";

/* The server's words, as a sentence. */
function sentenceOf(error: unknown): string {
  const words = messageOf(error);
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}${/[.!?]$/.test(words) ? "" : "."}`;
}

/* Whoever runs the server has the token; here it is exchanged for a cookie. */
export function Login({ reason, onDone }: { reason: string | null; onDone: () => void }) {
  const api = useApi();
  const [token, setToken] = useState("");
  const [trouble, setTrouble] = useState(reason);
  const [isBusy, setBusy] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const given = token.trim().replace(/^.*#token=/, ""); /* the whole address will do */
    setBusy(true);
    api.login(given).then(onDone, (error: unknown) => {
      setBusy(false);
      setTrouble(sentenceOf(error));
    });
  };
  return (
    <main className="narrow">
      <form className="card stack login" onSubmit={submit}>
        <Logo />
        <h1>Log in</h1>
        <p className="dim">
          Crosscut printed an address with a token where it was started. Open that address, or paste it here.
        </p>
        <label className="field">
          <span>Token</span>
          <input
            type="password"
            autoComplete="current-password"
            value={token}
            onChange={(event) => setToken(event.target.value)}
            required
            autoFocus
            aria-invalid={trouble !== null}
          />
        </label>
        {trouble && (
          <p className="small warn" role="alert">
            {trouble}
          </p>
        )}
        <button type="submit" className="main" disabled={isBusy}>
          Open the studio
        </button>
      </form>
    </main>
  );
}
