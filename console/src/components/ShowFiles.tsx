import type { Manifest, SessionFile } from "../core/api";
import { useApi } from "../hooks/use-api";
import { secondsOf, sizeOf, timeOf } from "./words";

const KINDS: Record<string, string> = {
  program: "the program",
  highlights: "the highlights",
  iso: "camera, full length",
  local: "the phone's own recording",
  camera: "camera, for editing",
  events: "everything that happened",
  log: "the log",
  shots: "what was shown when",
  timeline: "for editors",
};

/* The program first, then cameras by number, then what was made of them, then the papers; parts of a
 * recording in their order ("cam_1_iso.2.mkv" is the second). */
function rank(file: SessionFile): string {
  const order = ["program", "highlights", "iso", "local", "camera", "timeline"].indexOf(file.kind);
  const part = /\.(\d+)\.[a-z]+$/.exec(file.name)?.[1] ?? "1";
  return `${order < 0 ? 9 : order} ${file.source?.replace(/\d+/, (n) => n.padStart(3, "0")) ?? ""} ${part.padStart(4, "0")} ${file.name}`;
}

function missing(file: SessionFile): string | undefined {
  const ms = (file.gaps ?? []).reduce((sum, [start, end]) => sum + end - start, 0);
  return ms > 0 ? `${secondsOf(ms)} without picture` : undefined;
}

function detail(file: SessionFile, labels: Map<string, string>): string {
  const whose = file.source ? labels.get(file.source) : undefined;
  const length = file.duration ? timeOf(file.duration) : undefined;
  return [whose, KINDS[file.kind], length, missing(file)].filter(Boolean).join(" · ");
}

export function ShowFiles({ show }: { show: Manifest }) {
  const api = useApi();
  const labels = new Map((show.sources ?? []).map((source) => [source.id, source.label ?? source.id]));
  const files = [...(show.files ?? [])].sort((a, b) => rank(a).localeCompare(rank(b)));
  const coming = new Set((show.live?.uploads ?? []).map((upload) => upload.name));
  const isComing = (file: SessionFile) => show.state !== "complete" && (coming.has(file.name) || file.sha256 === undefined);
  return (
    <section className="card" aria-label="Files">
      <h2>Files</h2>
      <ul className="rows small">
        {files.map((file) => (
          <li key={file.name}>
            <span className="grow">
              {file.name}
              <span className="dim num">
                {file.bytes === undefined ? "" : ` · ${sizeOf(file.bytes)}`}
                {isComing(file) && <span className="warn"> · coming in</span>}
              </span>
              <br />
              <span className="dim num">{detail(file, labels)}</span>
            </span>
            <a className="button" href={api.fileAddress(show.id, file.name, true)} download={file.name} aria-label={`Download ${file.name}`}>
              Download
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
