import { type FormEvent, useEffect, useRef, useState } from "react";
import { MOST_TEXT, type ChatLine } from "../core/room/room";

interface Props {
  lines: ChatLine[];
  isOpen: boolean; /* somebody hears it */
  onSay: (text: string) => void;
}

const timeOfDay = (at: number) => new Date(at).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });

/* The private line between host and guests. */
export function GuestChat({ lines, isOpen, onSay }: Props) {
  const [text, setText] = useState("");
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.scrollTo?.({ top: list.current.scrollHeight });
  }, [lines]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() === "" || !isOpen) return;
    onSay(text);
    setText("");
  };
  return (
    <section className="card private-line" aria-label="Private line">
      <h2>Private line</h2>
      <p className="small dim">Host and guests read this, viewers do not. It is not recorded.</p>
      <div ref={list} className="lines" role="log" aria-live="polite" aria-label="What was written" tabIndex={0}>
        {lines.length === 0 && <p className="small dim">Nothing was written yet.</p>}
        <ol>
          {lines.map((line, i) => (
            <li key={`${line.at}-${line.from}-${i}`}>
              <span className="small dim">
                <b>{line.name}</b> <time>{timeOfDay(line.at)}</time>
              </span>
              <span>{line.text}</span>
            </li>
          ))}
        </ol>
      </div>
      <form className="line" onSubmit={submit}>
        <input value={text} maxLength={MOST_TEXT} onChange={(event) => setText(event.target.value)} aria-label="Write to host and guests" placeholder="Write to host and guests" />
        <button type="submit" disabled={!isOpen}>
          Send
        </button>
      </form>
    </section>
  );
}
