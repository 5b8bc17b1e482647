import type { Cut, Manifest, SessionFile } from "../core/api";
import { useApi } from "../hooks/use-api";
import { DeleteCut } from "./DeleteShow";
import { secondsOf, sizeOf, timeOf } from "./words";

const KINDS: Record<string, string> = {
  program: "the program",
  highlights: "the highlights",
  iso: "camera, full length",
  local: "recorded by their own device",
  camera: "camera, for editing",
  events: "everything that happened",
  log: "the log",
  shots: "what was shown when",
  timeline: "for editors",
  "highlights-list": "which pieces, and why",
};

const EDITORS: Record<string, string> = {
  otio: "OpenTimelineIO",
  fcpxml: "Final Cut Pro, DaVinci Resolve",
  edl: "edit decision list",
  mlt: "kdenlive, Shotcut",
};

/* The program first, then cameras by number, then what was made of them, then the papers; parts of a
 * recording in their order ("cam_1_iso.2.mkv" is the second). */
function rank(file: SessionFile): string {
  const order = ["program", "highlights", "iso", "local", "camera", "timeline"].indexOf(file.kind);
  if (file.name === "program.mp4") return "0";
  const part = /\.(\d+)\.[a-z]+$/.exec(file.name)?.[1] ?? "1";
  return `${order < 0 ? 9 : order} ${file.source?.replace(/\d+/, (n) => n.padStart(3, "0")) ?? ""} ${part.padStart(4, "0")} ${file.name}`;
}

function missing(file: SessionFile): string | undefined {
  const ms = (file.gaps ?? []).reduce((sum, [start, end]) => sum + end - start, 0);
  return ms > 0 ? `${secondsOf(ms)} without picture` : undefined;
}

function kindOf(file: SessionFile): string | undefined {
  if (file.name === "report.json") return "how it was rendered";
  if (/^program(\.\d+)?\.(webm|mkv)$/.test(file.name)) return "the program as cut live";
  const editor = file.kind === "timeline" ? EDITORS[file.name.split(".").at(-1) ?? ""] : undefined;
  return editor ? `timeline: ${editor}` : KINDS[file.kind];
}

function detail(file: SessionFile, labels: Map<string, string>): string {
  const whose = file.source ? labels.get(file.source) : undefined;
  const length = file.duration ? timeOf(file.duration) : undefined;
  return [whose, kindOf(file), length, missing(file)].filter(Boolean).join(" · ");
}

const HIDDEN = new Set(["poster.jpg", "waveform.json"]); /* for this page */

interface ListProps {
  id: string;
  cut?: string;
  files: readonly SessionFile[];
  labels: Map<string, string>;
  isComing?: (file: SessionFile) => boolean;
}

function FileList({ id, cut, files, labels, isComing = () => false }: ListProps) {
  const api = useApi();
  const of = cut === undefined ? "" : ` of cut ${cut}`;
  return (
    <ul className="rows small">
      {files
        .filter(({ name }) => !HIDDEN.has(name))
        .sort((a, b) => rank(a).localeCompare(rank(b)))
        .map((file) => (
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
            <a className="button" href={api.fileAddress(id, file.name, true, cut ?? null)} download={cut === undefined ? file.name : `${cut}-${file.name}`} aria-label={`Download ${file.name}${of}`}>
              Download
            </a>
          </li>
        ))}
    </ul>
  );
}

interface Props {
  show: Manifest;
  cuts?: readonly Cut[];
  onCutDeleted?: () => void;
}

export function ShowFiles({ show, cuts = [], onCutDeleted = () => {} }: Props) {
  const api = useApi();
  const labels = new Map((show.sources ?? []).map((source) => [source.id, source.label ?? source.id]));
  const files = (show.files ?? []).filter((file) => !HIDDEN.has(file.name));
  const coming = new Set((show.live?.uploads ?? []).map((upload) => upload.name));
  const isComing = (file: SessionFile) => show.state !== "complete" && (coming.has(file.name) || file.sha256 === undefined);
  const bytes = [...files, ...cuts.flatMap((cut) => cut.files)].reduce((sum, file) => sum + (file.bytes ?? 0), 0);
  return (
    <section className="card" aria-label="Files">
      <div className="line wrap">
        <h2 className="grow">Files</h2>
        {files.length > 0 && (
          <a className="button" href={api.zipAddress(show.id)} download>
            Download all<span className="dim num"> {sizeOf(bytes)}</span>
          </a>
        )}
      </div>
      <FileList id={show.id} files={files} labels={labels} isComing={isComing} />
      {cuts.map((cut) => (
        <details key={cut.cut} className="small">
          <summary>
            Cut “{cut.cut}” <span className="dim num">{sizeOf(cut.files.reduce((sum, file) => sum + (file.bytes ?? 0), 0))}</span>
          </summary>
          <FileList id={show.id} cut={cut.cut} files={cut.files} labels={labels} />
          <DeleteCut id={show.id} cut={cut.cut} onDeleted={onCutDeleted} />
        </details>
      ))}
    </section>
  );
}
