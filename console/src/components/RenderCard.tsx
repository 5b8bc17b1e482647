import { useState } from "react";
import type { Manifest, RenderState } from "../core/api";
import { useApi } from "../hooks/use-api";
import { useFile } from "../hooks/use-file";
import { type Report, RenderReport } from "./RenderReport";
import { messageOf, timeOf } from "./words";

export function isRendering(render: RenderState | null | undefined): boolean {
  return render?.state === "waiting" || render?.state === "running" || render?.state === "paused";
}

/* What people read, and hear: whole tenths, so that it is not said every second. */
export function renderWords(render: RenderState | null | undefined): string {
  if (!render) return "";
  const words = stateWords(render);
  const what = render.cut ? `Cut “${render.cut}”` : render.only && render.only.charAt(0).toUpperCase() + render.only.slice(1);
  return what ? `${what}: ${words.charAt(0).toLowerCase()}${words.slice(1)}` : words;
}

function stateWords(render: RenderState): string {
  const tenths = Math.floor(render.progress / 10) * 10;
  if (render.state === "waiting") return render.error ? `It failed and is tried again: ${render.error}` : "Waiting for its turn.";
  if (render.state === "running") return tenths >= 10 ? `Rendering, ${tenths} %.` : "Rendering.";
  if (render.state === "paused") return "Paused while a show is recorded.";
  if (render.state === "failed") return `It failed: ${render.error ?? "no reason was given"}`;
  return render.state === "done" ? "Rendered." : "Cancelled.";
}

export function RenderCard({ show, onChanged }: { show: Manifest; onChanged: () => void }) {
  const api = useApi();
  const [trouble, setTrouble] = useState<string | null>(null);
  const [isAsking, setAsking] = useState(false);
  const render = show.render;
  const report = useFile<Report>(show.id, show.files, "report.json");
  const isBusy = isRendering(render);
  const isRendered = render?.state === "done" || show.files?.some(({ name }) => name === "program.mp4");
  const ask = (call: Promise<unknown>) => {
    setTrouble(null);
    setAsking(true);
    call
      .then(onChanged, (error: unknown) => setTrouble(messageOf(error)))
      .finally(() => setAsking(false));
  };
  return (
    <section className="card" aria-label="Render">
      <div className="line wrap">
        <h2 className="grow">Program</h2>
        <button
          type="button"
          disabled={isAsking || show.state !== "complete"}
          onClick={() => ask(isBusy ? api.cancelRender(show.id) : api.render(show.id))}
        >
          {isBusy ? "Cancel" : isRendered ? "Render again" : "Render"}
        </button>
      </div>
      {isBusy && <progress aria-label="Rendered" max={100} value={render?.progress ?? 0} />}
      <p className="small dim" role="status">
        {renderWords(render)}
      </p>
      {render?.state === "running" && render.left !== null && <p className="small dim num">{timeOf(render.left)} left</p>}
      {!isBusy && report.state === "here" && report.value && <RenderReport report={report.value} sources={show.sources ?? []} />}
      {trouble && (
        <p className="small warn" role="alert">
          {trouble}
        </p>
      )}
    </section>
  );
}
