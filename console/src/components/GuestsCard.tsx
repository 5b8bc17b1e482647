import { type FormEvent, type RefObject, useEffect, useRef, useState } from "react";
import { MOST_TEXT, type ChatLine } from "../core/room/room";
import type { Guest, Source, StudioState } from "../core/studio";
import { useStudio } from "../hooks/use-studio";
import { vars } from "./css";
import { Dialog } from "./Dialog";
import { GuestDialog, GuestLinkDialog } from "./GuestDialog";
import { colourOf } from "./voices";
import { messageOf, ROLES } from "./words";

type Tally = "air" | "next" | "here" | "wait" | "left";

const TALLY: Record<Tally, { icon: string; word: string; look: string }> = {
  air: { icon: "●", word: "On air", look: "air" },
  next: { icon: "▸", word: "Next?", look: "next" },
  here: { icon: "✓", word: "Here", look: "here" },
  wait: { icon: "○", word: "Waiting", look: "away" },
  left: { icon: "✕", word: "Left", look: "left" },
};

export function tallyOf(guest: Guest, { phase, directing }: StudioState): Tally {
  if (guest.state === "left") return "left";
  if (guest.state !== "here") return "wait";
  if (phase === "recording" && directing.onAir === guest.id) return "air";
  return phase === "recording" && directing.next === guest.id ? "next" : "here";
}

/* What there is to say of somebody's way to us. */
export function guestWords(guest: Guest, source: Source): string {
  if (guest.state === "away") return "Not here yet";
  if (guest.state === "opening") return "Their page is open; not in the room yet";
  if (guest.state === "left") return "They can come back by their link";
  if (source.trouble !== null) return source.trouble;
  if (!guest.hasSound) return "Picture only";
  return guest.isMuted ? "Microphone muted" : "Picture and sound";
}

/* Read aloud when somebody comes or goes; who is on air is said by the program. */
function hereWords({ guests: { guests }, sources }: StudioState): string {
  const here = guests.filter((guest) => guest.state === "here").flatMap(({ id }) => sources.find((source) => source.id === id)?.label ?? []);
  return here.length > 0 ? `Here: ${here.join(", ")}` : guests.length > 0 ? "No guest is here" : "";
}

type Open = { what: "add" } | { what: "link" | "remove"; id: string } | null;

interface Props {
  state: StudioState;
  isAdding: boolean;
  setAdding: (isAdding: boolean) => void;
  chat: RefObject<HTMLInputElement | null>;
}

/* Guests from elsewhere: how each is, what can be done about it, and a line to all of them. */
export function GuestsCard({ state, isAdding, setAdding, chat }: Props) {
  const studio = useStudio();
  const [open, setOpen] = useState<Open>(null);
  const { guests: room } = state;
  const close = () => setOpen(null);
  const labelOf = (id: string) => state.sources.find((source) => source.id === id)?.label ?? id;
  const hasGuests = room.guests.length > 0;
  return (
    <section className="card stack guests" aria-label="Guests">
      <div className="line">
        <h2 className="grow">Guests</h2>
        <button type="button" className="plain quiet" onClick={() => setAdding(true)} aria-keyshortcuts="G">
          Add a guest
        </button>
      </div>
      <span className="hidden-words" role="status">
        {hereWords(state)}
      </span>
      {!hasGuests && <p className="small dim">{room.can === false ? "This server has no LiveKit, by which guests come." : "People elsewhere join by a link, with their own browser."}</p>}
      {hasGuests && (
        <>
          <ul className="rows">
            {room.guests.map((guest) => {
              const source = state.sources.find(({ id }) => id === guest.id);
              return source && <Row key={guest.id} guest={guest} source={source} state={state} open={setOpen} />;
            })}
          </ul>
          <label className="line small">
            <input type="checkbox" checked={room.isStudioHeard} onChange={(event) => studio.letStudioBeHeard(event.target.checked)} />
            <span>Guests hear this room</span>
          </label>
          <p className="small dim">Use headphones here: a guest on a loudspeaker comes back through your microphones, and hears an echo.</p>
          {room.dropped > 0 && <p className="small warn">{room.dropped} messages about who speaks were too many, and were left out.</p>}
          <Chat state={state} field={chat} />
        </>
      )}
      {isAdding && <GuestDialog can={room.can} onClose={() => setAdding(false)} />}
      {open?.what === "link" && <GuestLinkDialog id={open.id} label={labelOf(open.id)} onClose={close} />}
      {open?.what === "remove" && <RemoveDialog id={open.id} label={labelOf(open.id)} onClose={close} />}
    </section>
  );
}

interface RowProps {
  guest: Guest;
  source: Source;
  state: StudioState;
  open: (open: Open) => void;
}

function Row({ guest, source, state, open }: RowProps) {
  const studio = useStudio();
  const [trouble, setTrouble] = useState<string | null>(null);
  const tally = TALLY[tallyOf(guest, state)];
  const { id } = guest;
  const of = <span className="hidden-words"> {source.label}</span>;
  const mute = () => {
    setTrouble(null);
    studio.muteGuest(id).catch((error: unknown) => setTrouble(messageOf(error)));
  };
  const isHere = guest.state === "here";
  return (
    <li className="guest" style={vars({ "--k": colourOf(state.sources, id) })}>
      <div className="line">
        <i className="voice on" />
        <b className="grow clip">{source.label}</b>
        <span className={`tag tally ${tally.look}`}>
          <span aria-hidden="true">{tally.icon} </span>
          {tally.word}
        </span>
      </div>
      <p className={`small ${isHere && source.trouble ? "warn" : "dim"}`}>
        {ROLES[source.role]} · {guestWords(guest, source)}
        {guest.isQuiet && isHere && " · not played here"}
        {isHere && guest.speaksBy === "console" && guest.hasSound && " · heard by this console"}
      </p>
      {trouble && (
        <p className="small warn" role="alert">
          {trouble}
        </p>
      )}
      <div className="line wrap">
        {isHere && guest.hasSound && !guest.isMuted && (
          <button type="button" className="quiet" onClick={mute}>
            Mute{of}
          </button>
        )}
        {isHere && guest.isMuted && (
          <button type="button" className="quiet" onClick={() => studio.askToUnmute(id)}>
            Ask to unmute{of}
          </button>
        )}
        {isHere && guest.hasSound && (
          <button type="button" className="quiet" aria-pressed={!guest.isQuiet} onClick={() => studio.quietGuest(id, !guest.isQuiet)}>
            {guest.isQuiet ? "Play here" : "Quiet here"}
            {of}
          </button>
        )}
        <button type="button" className="quiet" onClick={() => open({ what: "link", id })}>
          Link<span className="hidden-words"> of {source.label}</span>
        </button>
        <button type="button" className="quiet" onClick={() => open({ what: "remove", id })}>
          Remove{of}
        </button>
      </div>
    </li>
  );
}

/* Before somebody goes for good. */
export function RemoveDialog({ id, label, onClose }: { id: string; label: string; onClose: () => void }) {
  const studio = useStudio();
  const [trouble, setTrouble] = useState<string | null>(null);
  const remove = () => studio.removeGuest(id).then(onClose, (error: unknown) => setTrouble(messageOf(error)));
  return (
    <Dialog
      title={`Remove ${label}?`}
      onClose={onClose}
      foot={
        <>
          <button type="button" onClick={onClose}>
            Keep
          </button>
          <button type="button" className="record" data-first onClick={() => void remove()}>
            Remove
          </button>
        </>
      }
    >
      <p>They leave the show now, and their link does not let them in again. What was recorded of them stays.</p>
      {trouble && (
        <p className="warn" role="alert">
          {trouble}
        </p>
      )}
    </Dialog>
  );
}

/* Between this room and the guests; viewers neither read nor write here. */
function Chat({ state, field }: { state: StudioState; field: RefObject<HTMLInputElement | null> }) {
  const studio = useStudio();
  const [text, setText] = useState("");
  const end = useRef<HTMLDivElement>(null);
  const { chat, link } = state.guests;
  useEffect(() => {
    if (end.current) end.current.scrollTop = end.current.scrollHeight;
  }, [chat]);
  const send = (event: FormEvent) => {
    event.preventDefault();
    studio.say(text);
    setText("");
  };
  /* A guest is called as their source is here. */
  const nameOf = ({ from, name }: ChatLine) => state.sources.find(({ id }) => id === from)?.label ?? name;
  return (
    <form className="stack chat" onSubmit={send} aria-label="Chat with the guests">
      {chat.length > 0 && (
        <div ref={end} className="lines small" role="log" aria-label="Written" tabIndex={0}>
          {chat.map((line, i) => (
            <p key={`${line.at} ${i}`}>
              <b>{nameOf(line)}</b> {line.text}
            </p>
          ))}
        </div>
      )}
      <div className="line">
        <input
          ref={field}
          value={text}
          maxLength={MOST_TEXT}
          disabled={link !== "joined"}
          placeholder={link === "joined" ? "Write to the guests" : "The room opens …"}
          aria-label="Write to the guests"
          onChange={(event) => setText(event.target.value)}
        />
        <button type="submit" disabled={link !== "joined" || text.trim() === ""}>
          Send
        </button>
      </div>
      <p className="small dim">Only guests and this studio read it. It is not recorded.</p>
    </form>
  );
}
