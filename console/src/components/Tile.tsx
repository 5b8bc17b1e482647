import type { Source } from "../core/studio";
import { useStudio } from "../hooks/use-studio";
import { vars } from "./css";
import { Meter } from "./Meter";
import { Picture } from "./Picture";

interface Props {
  source: Source;
  number: number;
  tally: "air" | "next" | null;
  colour: string;
}

/* A camera, and the button that cuts to it. */
export function Tile({ source, number, tally, colour }: Props) {
  const studio = useStudio();
  const isGuestAway = source.picture.kind === "guest" && source.stream === null;
  const words = source.isLost ? (isGuestAway ? "NOT HERE" : "LOST") : tally === "air" ? "ON AIR" : tally === "next" ? "NEXT?" : null;
  return (
    <button
      type="button"
      className={["tile", tally ?? "", source.isLost ? "lost" : ""].join(" ").trim()}
      style={vars({ "--k": colour })}
      onClick={() => studio.cut(source.id)}
      aria-keyshortcuts={number <= 9 ? String(number) : undefined}
      aria-current={tally === "air" ? "true" : undefined}
    >
      <Picture stream={source.stream} missing={source.trouble ?? "No picture yet"} />
      <span className="foot">
        {number <= 9 ? <kbd aria-hidden="true">{number}</kbd> : <span className="dim num">{number}</span>}
        <span className="grow clip">
          <span className="hidden-words">Cut to </span>
          {source.label}
        </span>
        {source.trouble && source.stream ? (
          <span className="small warn" title={source.trouble}>
            sound trouble
          </span>
        ) : source.microphone ? (
          <>
            <i className="voice" />
            <Meter source={source.id} label={source.label} />
          </>
        ) : (
          <span className="small dim clip when wide-only" aria-hidden="true">{source.role === "wide" ? "when several speak" : source.role === "screen" ? "when it changes" : ""}</span>
        )}
      </span>
      {words && <span className={`tag state ${source.isLost ? "" : (tally ?? "")}`}>{words}</span>}
    </button>
  );
}
