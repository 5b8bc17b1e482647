import { plural, secondsOf, timeOf } from "./words";

/* report.json, which a render leaves. */
export interface Report {
  pictures?: "copied" | "recut" | "shared" | "encoded";
  frames?: { program?: number; copied?: number; encoded?: number };
  missing?: { source: string; start: number; end: number }[];
  stand_ins?: { by: string; start: number; end: number }[];
  warnings?: string[];
}

const PICTURES: Record<NonNullable<Report["pictures"]>, string> = {
  copied: "Copied from the recorded program",
  recut: "Copied from the cameras, encoded only at the cuts",
  shared: "Each camera encoded once, the program copied from them",
  encoded: "Encoded",
};

function copiedWords({ copied = 0, encoded = 0 }: NonNullable<Report["frames"]>): string {
  const all = copied + encoded;
  return all > 0 && copied > 0 ? `, ${((100 * copied) / all).toFixed(copied === all ? 0 : 1)} % of the pictures as they were recorded` : "";
}

interface Props {
  report: Report;
  sources: { id: string; label?: string }[];
}

/* How the program was made, and what it had to do without. */
export function RenderReport({ report, sources }: Props) {
  const labels = new Map(sources.map((source) => [source.id, source.label ?? source.id]));
  const missing = report.missing ?? [];
  const warnings = report.warnings ?? [];
  const words = report.pictures ? `${PICTURES[report.pictures] ?? report.pictures}${report.frames ? copiedWords(report.frames) : ""}.` : "";
  if (!words && missing.length === 0 && warnings.length === 0) return null;
  return (
    <div className="stack small">
      {words && <p className="dim num">{words}</p>}
      {missing.length + warnings.length > 0 && (
        <details>
          <summary className="warn">{plural(missing.length + warnings.length, "remark", "remarks")} of the render</summary>
          <ul className="rows">
            {missing.map(({ source, start, end }) => (
              <li key={`${source} ${start}`} className="num">
                {labels.get(source) ?? source} is missing for {secondsOf(end - start)} at {timeOf(start)}
                {report.stand_ins?.some((one) => one.start < end && one.end > start && one.by.startsWith(source)) && ", its own device's recording stands in"}
              </li>
            ))}
            {warnings.map((text, i) => (
              <li key={i}>{text}</li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
