import { Logo } from "../components/Logo";

/* Guests come with the live rooms; until then a link says so. */
export function Guest() {
  return (
    <main className="narrow stack">
      <Logo />
      <h1>You are invited to a show</h1>
      <p className="dim">This version of Crosscut cannot take guests from elsewhere yet. Ask your host for a link for a phone camera.</p>
    </main>
  );
}
