import type { Manifest, SessionFile } from "../core/api";
import { useApi } from "../hooks/use-api";
import { sizeOf, timeOf } from "./words";

const KINDS: Record<string, string> = {
  program: "the program",
  highlights: "the highlights",
  iso: "camera, full length",
  camera: "camera, for editing",
  events: "everything that happened",
  log: "the log",
  shots: "what was shown when",
  timeline: "for editors",
};

function detail(file: SessionFile, labels: Map<string, string>): string {
  const whose = file.source ? labels.get(file.source) : undefined;
  const length = file.duration ? timeOf(file.duration) : undefined;
  return [whose, KINDS[file.kind], length].filter(Boolean).join(" · ");
}

export function ShowFiles({ show }: { show: Manifest }) {
  const api = useApi();
  const labels = new Map((show.sources ?? []).map((source) => [source.id, source.label ?? source.id]));
  const coming = new Set((show.live?.uploads ?? []).map((upload) => upload.name));
  const isComing = (file: SessionFile) => coming.has(file.name) || (show.state !== "complete" && file.sha256 === undefined);
  return (
    <section className="card" aria-label="Files">
      <h2>Files</h2>
      <ul className="rows small">
        {(show.files ?? []).map((file) => (
          <li key={file.name}>
            <span className="grow">
              <span className="clip">{file.name}</span>
              <br />
              <span className="dim num">{detail(file, labels)}</span>
            </span>
            <span className="end num dim">
              {file.bytes === undefined ? "" : sizeOf(file.bytes)}
              {isComing(file) && <span className="warn"> · coming in</span>}
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
