import { useState } from "react";
import type { Guest, GuestState, Other, Tally } from "../core/guest/guest";
import { useKeys } from "../hooks/use-keys";
import { useStream } from "../hooks/use-stream";
import { Dialog } from "./Dialog";
import { GuestChat } from "./GuestChat";
import { GuestDevices } from "./GuestDevices";
import { GuestOwn } from "./GuestOwn";
import { LevelMeter } from "./LevelMeter";
import { Picture } from "./Picture";

interface Props {
  guest: Guest;
  state: GuestState;
}

const TALLY: Record<Tally, { sign: string; words: string }> = {
  air: { sign: "●", words: "You are on air" },
  next: { sign: "▲", words: "You are next" },
  off: { sign: "○", words: "You are not on air" },
};

/* On air or not: by words, colour and sign; screen readers hear the words alone. */
function TallyBar({ state }: { state: GuestState }) {
  const { sign, words } = TALLY[state.tally];
  const { name } = state.large;
  return (
    <div className={`tally-bar ${state.tally}`}>
      <span aria-hidden="true">{sign}</span>
      <b role="status" aria-live="polite">
        {words}
        {state.tally === "air" && state.mutedBy ? ", and muted" : ""}
      </b>
      {state.tally !== "air" && name && <span className="who">{name} is on air</span>}
    </div>
  );
}

function largeWords(state: GuestState): string {
  if (state.phase === "joining") return "Joining the room …";
  if (state.large.name) return `${state.large.name} is on air; there is no picture of it here.`;
  return "The show has not begun. You see here what is on air.";
}

function Voice({ stream }: { stream: MediaStream }) {
  const audio = useStream<HTMLAudioElement>(stream);
  return <audio ref={audio} autoPlay />;
}

function Tile({ other }: { other: Other }) {
  return (
    <li className={other.isOnAir ? "person air" : "person"}>
      <Picture stream={other.stream} missing="No picture">
        {other.isOnAir && <span className="tag state air">ON AIR</span>}
        <span className="tag name">
          {other.name}
          {other.isMuted && " · muted"}
        </span>
      </Picture>
    </li>
  );
}

function Self({ guest, state }: Props) {
  const { stream, tally } = state;
  return (
    <li className={`person mirror ${tally === "off" ? "" : tally}`}>
      <Picture stream={stream && stream.getVideoTracks().length > 0 ? stream : null} missing="No camera">
        {tally !== "off" && <span className={`tag state ${tally}`}>{tally === "air" ? "ON AIR" : "NEXT"}</span>}
        <span className="tag name">
          {state.name ? `${state.name} (you)` : "You"}
          {state.mutedBy && " · muted"}
        </span>
      </Picture>
      <span className="line foot">
        <i className="voice" />
        <LevelMeter read={() => guest.meter()} label="Your sound" broad />
      </span>
    </li>
  );
}

/* What is wrong, and what it does not touch. */
function troublesOf(state: GuestState): { id: string; title: string; text: string }[] {
  const troubles: { id: string; title: string; text: string }[] = [];
  const goesOn = state.own.state === "recording" ? " Your own recording goes on." : "";
  if (state.room === "again") troubles.push({ id: "room", title: state.phase === "joining" ? "The room does not answer" : "The room was lost", text: `${state.roomWhy ?? "It is tried again."}${goesOn}` });
  if (state.room !== "again" && state.link === "by-room")
    troubles.push({ id: "by-room", title: "Part of the connection is blocked", text: `Your network lets no events through to the studio. They go through the room instead: you need do nothing.` });
  if (state.link === "offline") troubles.push({ id: "offline", title: "The studio is out of reach", text: `It is tried again.${goesOn}` });
  if (state.mutedBy === "host") troubles.push({ id: "muted", title: "The host muted you", text: "Nobody hears you now. Unmute yourself when it is your turn." });
  if (state.trouble) troubles.push({ id: "device", title: "Your devices", text: state.trouble });
  return troubles;
}

export function GuestRoom({ guest, state }: Props) {
  const [open, setOpen] = useState<"leave" | "devices" | null>(null);
  const isMuted = state.mutedBy !== null;
  const toggle = () => guest.setMuted(!isMuted);
  useKeys({ m: toggle });
  const close = () => setOpen(null);
  const others = state.others;
  return (
    <main className="two room">
      <div className="stack">
        <h1 className="hidden-words">{state.show ?? "The show"}</h1>
        <TallyBar state={state} />
        <div className={`stage ${state.tally}`}>
          <Picture stream={state.large.stream} missing={largeWords(state)}>
            <span className="badges">
              {state.large.isProgram ? <span className="tag air">PROGRAM</span> : state.large.name && <span className="tag">{state.large.name}</span>}
              {state.isRecorded && <span className="tag">● You are being recorded</span>}
            </span>
          </Picture>
        </div>
        <section className="bar" aria-label="You">
          <button type="button" className={isMuted ? "muted" : undefined} aria-keyshortcuts="M" onClick={toggle}>
            {isMuted ? "Unmute" : "Mute"}
          </button>
          <span className={`small wide-only ${isMuted ? "warn" : "dim"}`}>
            {state.mutedBy === "host" ? "muted by the host" : isMuted ? "nobody hears you" : "the others hear you"}
          </span>
          <kbd className="wide-only" aria-hidden="true">
            M
          </kbd>
          <span className="grow" />
          <button type="button" className="plain" onClick={() => setOpen("devices")}>
            Devices
          </button>
          <button type="button" onClick={() => setOpen("leave")}>
            Leave
          </button>
        </section>
        <ul className="people" aria-label="Who is here">
          <Self guest={guest} state={state} />
          {others.map((other) => (
            <Tile key={other.identity} other={other} />
          ))}
        </ul>
      </div>
      <aside className="side" aria-label="Messages">
        <div className="side notices" role="status">
          {troublesOf(state).map(({ id, title, text }) => (
            <section key={id} className={`card notice ${id === "by-room" ? "info" : ""}`} aria-label={title}>
              <h2>{title}</h2>
              <p className="small">{text}</p>
            </section>
          ))}
        </div>
        <GuestChat lines={state.chat} isOpen={state.room === "joined"} onSay={(text) => guest.say(text)} />
        {state.own.state !== "off" && (
          <div className="card small">
            <GuestOwn own={state.own} />
          </div>
        )}
      </aside>
      {state.voices.map((stream) => (
        <Voice key={stream.id} stream={stream} />
      ))}
      {open === "devices" && (
        <Dialog title="Your devices" onClose={close} foot={<button type="button" className="main" onClick={close}>Done</button>}>
          <GuestDevices guest={guest} state={state} />
        </Dialog>
      )}
      {open === "leave" && (
        <Dialog
          title="Leave the show?"
          onClose={close}
          foot={
            <>
              <button type="button" data-first onClick={close}>
                Stay
              </button>
              <button type="button" className="main" onClick={() => guest.leave()}>
                Leave
              </button>
            </>
          }
        >
          <p>The others do not see and hear you any more. What this browser recorded is sent to the studio, so keep the page open until it says that all is there.</p>
        </Dialog>
      )}
    </main>
  );
}
