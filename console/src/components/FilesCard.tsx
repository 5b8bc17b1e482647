import { useState } from "react";
import type { Link, RecordingFile, Room, Source } from "../core/studio";
import { linkWords, roomWords, safeUntilOf, sizeOf, timeOf } from "./words";

const sum = (files: RecordingFile[], of: (file: RecordingFile) => number) => files.reduce((n, file) => n + of(file), 0);

/* Without a link all of them wait, which is said once. */
const troubleOf = (file: RecordingFile, link: Link) => (link.state === "online" || file.state === "failed" ? file.trouble : null);

function stateOf(file: RecordingFile, link: Link): string {
  const trouble = troubleOf(file, link);
  if (trouble) return trouble;
  if (file.state === "done") return "all on the server";
  if (file.state === "failed") return "stopped";
  return `safe to ${timeOf(file.safeUntil)}`;
}

function together(files: RecordingFile[]): string {
  if (files.every((file) => file.state === "done")) return "all on the server";
  return `safe to ${timeOf(safeUntilOf(files))}`;
}

interface Props {
  files: RecordingFile[];
  room: Room;
  link: Link;
  sources: Source[];
}

/* What is safe, up to where: "safe" is on the server's disk. */
export function FilesCard({ files, room, link, sources }: Props) {
  const [isOpen, setOpen] = useState(false);
  const bytes = sum(files, (file) => file.bytes);
  const sent = sum(files, (file) => file.sentBytes);
  const program = files.filter((file) => file.source === null);
  const cameras = files.filter((file) => file.source !== null);
  const troubled = cameras.filter((file) => troubleOf(file, link) ?? (file.state === "failed" ? "stopped" : null));
  const labels = new Map(sources.map((source) => [source.id, source.label]));
  const shown = isOpen || troubled.length > 0 ? files : program.slice(-1);
  return (
    <section className="card" aria-label="Files">
      <div className="line">
        <h2 className="grow">Files</h2>
        {files.length > 1 && (
          <button type="button" className="plain quiet" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            {isOpen ? "Fewer" : "Show each"}
          </button>
        )}
      </div>
      <ul className="rows small">
        {shown.map((file) => (
          <li key={file.name}>
            <span className="clip" title={file.name}>
              {file.name}
              {file.source && <span className="dim"> {labels.get(file.source)}</span>}
            </span>
            <span className={`end num ${troubleOf(file, link) ? "warn" : "dim"}`}>
              {sizeOf(file.bytes)} · {stateOf(file, link)}
            </span>
          </li>
        ))}
        {shown !== files && cameras.length > 0 && (
          <li>
            <span>{cameras.length === 1 ? cameras[0]?.name : `${cameras.length} camera files`}</span>
            <span className="end num dim">
              {sizeOf(sum(cameras, (file) => file.bytes))} · {together(cameras)}
            </span>
          </li>
        )}
      </ul>
      <div className="stack sent">
        <progress value={bytes ? sent : 0} max={bytes || 1} aria-label="Sent to the server" />
        <p className="small dim num">
          {sent >= bytes && files.every((file) => file.state === "done") ? (
            "All of it is on the server"
          ) : link.state !== "online" ? (
            <span className="warn">{linkWords(link)}</span>
          ) : (
            <>
              {link.behindMs < 1500 ? "Up to date" : `${Math.round(link.behindMs / 1000)} s behind`}
              {roomWords(room) && ` · ${roomWords(room)}`}
            </>
          )}
        </p>
      </div>
    </section>
  );
}
