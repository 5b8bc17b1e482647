import type { Format } from "../core/studio";
import { useStudio } from "../hooks/use-studio";

const SIZES = [
  { width: 1920, height: 1080, label: "1080p, full HD" },
  { width: 1280, height: 720, label: "720p, lighter" },
  { width: 640, height: 360, label: "360p, for old machines" },
];
const RATES = [24, 25, 30, 50, 60];
const QUALITIES = [
  { share: 1.4, label: "High" },
  { share: 1, label: "Good" },
  { share: 0.6, label: "Small files" },
];

/* What a camera of this size usually wants, in kbit/s: about 0.1 bit for each pixel. */
export function usualKbps(format: Pick<Format, "width" | "height" | "rate">): number {
  return Math.round((format.width * format.height * format.rate * 0.1) / 100_000) * 100;
}

/* One form for all cameras of the show: only so can the program be cut from them without coding again. */
export function FormatCard({ format }: { format: Format }) {
  const studio = useStudio();
  const usual = usualKbps(format);
  const nearest = QUALITIES.reduce((a, b) =>
    Math.abs(b.share * usual - format.videoKbps) < Math.abs(a.share * usual - format.videoKbps) ? b : a,
  );
  const change = (next: Partial<Pick<Format, "width" | "height" | "rate">>) =>
    studio.changeFormat({ ...next, videoKbps: Math.round(nearest.share * usualKbps({ ...format, ...next })) });
  return (
    <section className="card stack" aria-label="Format">
      <h2>Format of all cameras</h2>
      <label className="field">
        <span>Size</span>
        <select
          value={format.height}
          onChange={(event) => {
            const size = SIZES.find((one) => one.height === Number(event.target.value));
            if (size) change({ width: size.width, height: size.height });
          }}
        >
          {SIZES.map((size) => (
            <option key={size.height} value={size.height}>
              {size.label}
            </option>
          ))}
        </select>
      </label>
      <label className="field">
        <span>Pictures a second</span>
        <select value={format.rate} onChange={(event) => change({ rate: Number(event.target.value) })}>
          {RATES.map((rate) => (
            <option key={rate} value={rate}>
              {rate}
            </option>
          ))}
        </select>
      </label>
      <label className="field">
        <span>Quality</span>
        <select
          value={nearest.share}
          onChange={(event) => studio.changeFormat({ videoKbps: Math.round(Number(event.target.value) * usual) })}
        >
          {QUALITIES.map((quality) => (
            <option key={quality.share} value={quality.share}>
              {quality.label} · {((quality.share * usual) / 1000).toFixed(1)} Mb/s
            </option>
          ))}
        </select>
      </label>
      <label className="line small">
        <input
          type="checkbox"
          checked={format.recorder === "mediarecorder"}
          onChange={(event) => studio.changeFormat({ recorder: event.target.checked ? "mediarecorder" : "webcodecs" })}
        />
        Use the browser's simple recorder (WebM), if pictures stutter
      </label>
      {format.reduced && <p className="small warn">{format.reduced}</p>}
    </section>
  );
}
