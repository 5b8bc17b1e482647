import { useSyncExternalStore } from "react";
import { GreenRoom } from "../components/GreenRoom";
import { GuestOwn } from "../components/GuestOwn";
import { GuestRoom } from "../components/GuestRoom";
import { Logo } from "../components/Logo";
import type { Guest, GuestState } from "../core/guest/guest";
import { useCore } from "../hooks/use-core";
import { useLeaveWarning } from "../hooks/use-leave-warning";
import { useTitle } from "../hooks/use-title";

export type MakeGuest = (token: string) => Guest;
const endGuest = (guest: Guest) => guest.close();

/* The page behind the link of a guest from elsewhere. */
export function GuestPage({ token, makeGuest }: { token: string; makeGuest: MakeGuest }) {
  const guest = useCore(token, makeGuest, endGuest);
  return guest && <Invited guest={guest} />;
}

function titleOf({ phase, show, tally }: GuestState): string {
  const name = show ?? "Crosscut";
  if (phase === "in" && tally !== "off") return `${tally === "air" ? "● ON AIR" : "▲ NEXT"} · ${name}`;
  return name;
}

function linkOf({ room, link }: GuestState): { isWell: boolean; words: string } {
  if (room === "again") return { isWell: false, words: "reconnecting …" };
  if (room !== "joined") return { isWell: false, words: "connecting …" };
  if (link === "offline") return { isWell: false, words: "studio out of reach" };
  return { isWell: true, words: link === "by-room" ? "connected, by the room alone" : "connected" };
}

/* Whether the others see and hear them at all. */
function LinkWords({ state }: { state: GuestState }) {
  const { isWell, words } = linkOf(state);
  return (
    <span className={`end small ${isWell ? "dim" : "warn"}`}>
      <span aria-hidden="true">{isWell ? "✓ " : "! "}</span>
      {words}
    </span>
  );
}

const ENDS: Partial<Record<GuestState["phase"], string>> = {
  left: "You left the show",
  ended: "The show is over",
  removed: "You are out of the show",
  refused: "You cannot join with this link",
};

function Invited({ guest }: { guest: Guest }) {
  const state = useSyncExternalStore(guest.subscribe, guest.state);
  const isIn = state.phase === "joining" || state.phase === "in";
  useTitle(titleOf(state));
  useLeaveWarning(isIn || state.own.state === "recording" || state.own.state === "sending");
  const end = ENDS[state.phase];
  return (
    <>
      <header className="topbar">
        <Logo isPlain />
        {state.show && <span className="dim clip">{state.show}</span>}
        {isIn && <LinkWords state={state} />}
      </header>
      {state.phase === "green" && <GreenRoom guest={guest} state={state} />}
      {isIn && <GuestRoom guest={guest} state={state} />}
      {end && (
        <main className="narrow stack goodbye">
          <h1 aria-live="polite">{end}</h1>
          {state.why && <p className="dim">{state.why}</p>}
          <GuestOwn own={state.own} />
          {state.phase === "left" && (
            <div className="line">
              <button type="button" onClick={() => location.reload()}>
                Join again
              </button>
            </div>
          )}
        </main>
      )}
    </>
  );
}
