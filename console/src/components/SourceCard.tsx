import { useState } from "react";
import { type Device, type Role, type Source } from "../core/studio";
import { useStudio } from "../hooks/use-studio";
import { vars } from "./css";
import { RemoveDialog } from "./GuestsCard";
import { Meter } from "./Meter";
import { keyOf, microphoneOf, microphoneOptions } from "./microphones";
import { Picture } from "./Picture";
import { isolationWords, ROLES } from "./words";

interface Props {
  source: Source;
  number: number;
  devices: Device[];
  colour: string;
  onCheck: () => void;
}

function missingWords(source: Source): string {
  if (source.trouble) return source.trouble;
  if (source.picture.kind === "none") return "Sound only";
  if (source.picture.kind === "phone") return "Waiting for the phone";
  if (source.picture.kind === "guest") return "Waiting for the guest";
  return "Opening …";
}

function CheckWords({ source }: { source: Source }) {
  const isolation = isolationWords(source.isolationDb);
  if (source.gainDb === null) return <span className="small dim grow">Sound not checked yet</span>;
  return (
    <span className={`small grow ${isolation?.good === false ? "warn" : "well"}`}>
      {isolation?.text ?? "Sound checked"}
    </span>
  );
}

/* One camera or microphone at set-up: how it looks and sounds, whose it is. */
export function SourceCard({ source, number, devices, colour, onCheck }: Props) {
  const studio = useStudio();
  const canHaveOwnSound = ["screen", "phone", "guest", "sample"].includes(source.picture.kind);
  const isPhoneOpen = source.picture.kind === "phone" && source.picture.clientId === null;
  const isGuest = source.picture.kind === "guest";
  const [isAsking, setAsking] = useState(false);
  const name = `Camera ${number}`;
  return (
    <li className="source" style={vars({ "--k": colour })}>
      <Picture stream={source.stream} missing={missingWords(source)}>
        <span className="tag number num">{number}</span>
        <button type="button" className="remove" onClick={() => (isGuest ? setAsking(true) : studio.removeSource(source.id))} aria-label={`Remove ${source.label}`}>
          ✕
        </button>
      </Picture>
      {isAsking && <RemoveDialog id={source.id} label={source.label} onClose={() => setAsking(false)} />}
      <div className="body">
        {source.trouble && source.stream && <p className="small warn">{source.trouble}</p>}
        {source.picture.kind === "screen" && source.trouble && !source.stream && (
          <button type="button" onClick={() => studio.changeSource(source.id, { picture: { kind: "screen", asked: Date.now() } })}>
            Choose a screen
          </button>
        )}
        <label className="field">
          <span>Name</span>
          <input
            value={source.label}
            maxLength={60}
            onChange={(event) => studio.changeSource(source.id, { label: event.target.value })}
            aria-label={`Name of ${name.toLowerCase()}`}
          />
        </label>
        <div className="pair">
          <label className="field">
            <span>Picture of</span>
            <select
              value={source.role}
              onChange={(event) => studio.changeSource(source.id, { role: event.target.value as Role })}
              aria-label={`What ${source.label} shows`}
            >
              {(Object.keys(ROLES) as Role[])
                .filter((role) => (source.picture.kind === "none") === (role === "mic"))
                .map((role) => (
                  <option key={role} value={role}>
                    {ROLES[role]}
                  </option>
                ))}
            </select>
          </label>
          <label className="field">
            <span>Microphone</span>
            <select
              value={keyOf(source.microphone)}
              onChange={(event) => studio.changeSource(source.id, { microphone: microphoneOf(event.target.value) })}
              aria-label={`Microphone of ${source.label}`}
            >
              <option value="">None</option>
              {canHaveOwnSound && <option value="own">Its own sound</option>}
              {(isGuest ? [] : microphoneOptions(devices)).map((option) => (
                <option key={option.key} value={option.key}>
                  {option.label}
                </option>
              ))}
            </select>
          </label>
        </div>
        {source.microphone !== null && (
          <>
            <div className="line">
              <i className="voice" />
              <Meter source={source.id} label={source.label} broad />
            </div>
            <div className="line">
              {isGuest ? <span className="small dim">Alone in their room: no sound check is needed</span> : <CheckWords source={source} />}
              {!isPhoneOpen && !isGuest && (
                <button type="button" onClick={onCheck}>
                  {source.gainDb === null ? "Check" : "Check again"}
                  <span className="hidden-words"> the sound of {source.label}</span>
                </button>
              )}
            </div>
          </>
        )}
      </div>
    </li>
  );
}
