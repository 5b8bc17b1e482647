import type { Cut, Manifest, SessionFile } from "../core/api";
import { lengthOf, plural, secondsOf, sizeOf } from "./words";

const RECORDED = new Set(["iso", "local"]);
const isRecorded = (file: SessionFile) => RECORDED.has(file.kind) || /^program(\.\d+)?\.(webm|mkv)$/.test(file.name);
const sum = (files: readonly SessionFile[]) => files.reduce((n, file) => n + (file.bytes ?? 0), 0);

/* What the show takes, as it was measured: `crosscut cost` makes money of it. */
export function SpentCard({ show, cuts }: { show: Manifest; cuts: readonly Cut[] }) {
  const files = show.files ?? [];
  const made = sum(files.filter((file) => !isRecorded(file))) + sum(cuts.flatMap((cut) => cut.files));
  const renders = [show.program?.rendered, ...cuts.map((cut) => cut.program?.rendered)].filter((one) => one !== undefined);
  const cpu = renders.reduce((ms, one) => ms + one.cpu, 0);
  const times = renders.reduce((n, one) => n + one.times, 0);
  const length = show.program?.duration ?? show.duration ?? 0;
  if (files.length === 0) return null;
  return (
    <section className="card" aria-label="What it took">
      <h2>What it took</h2>
      <dl className="pairs small num">
        <dt className="dim">Recorded</dt>
        <dd>{sizeOf(sum(files.filter(isRecorded)))}</dd>
        <dt className="dim">Made of it</dt>
        <dd>{sizeOf(made)}</dd>
        {times > 0 && (
          <>
            <dt className="dim">Processor time</dt>
            <dd>
              {cpu < 60_000 ? secondsOf(cpu) : lengthOf(cpu)} in {plural(times, "render", "renders")}
              {length > 0 && <span className="dim"> · {((100 * cpu) / times / length).toFixed(1)} % of its length each</span>}
            </dd>
          </>
        )}
      </dl>
    </section>
  );
}
