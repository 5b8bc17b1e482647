import type { Directing, Source } from "../core/studio";
import { useCalm } from "../hooks/use-calm";
import { useStream } from "../hooks/use-stream";
import { useStudio } from "../hooks/use-studio";
import { LiveText } from "./LiveText";
import { secondsOf } from "./words";

/* Every camera lies ready, one is shown: a cut needs no new picture. */
function Layer({ stream, isShown }: { stream: MediaStream; isShown: boolean }) {
  const video = useStream(stream);
  return <video ref={video} className={isShown ? "shown" : undefined} muted playsInline autoPlay aria-hidden="true" />;
}

interface Props {
  sources: Source[];
  directing: Directing;
  isRecording: boolean;
}

export function ProgramPicture({ sources, directing, isRecording }: Props) {
  const studio = useStudio();
  const number = sources.findIndex((source) => source.id === directing.onAir);
  const shown = sources[number];
  const holds = () => {
    const left = (directing.holdsUntil ?? 0) - studio.clock();
    return left > 0 ? ` · holds at least ${secondsOf(left)} more` : "";
  };
  const said = useCalm(shown ? `On air: ${shown.label}. ${directing.why}` : "", 3000);
  return (
    <section className={isRecording ? "picture program live" : "picture program"} aria-label="Program">
      {sources.map((source) =>
        source.stream ? <Layer key={source.id} stream={source.stream} isShown={source === shown} /> : null,
      )}
      {!shown?.stream && <div className="none">{shown ? `${shown.label} has no picture now` : "Nothing is on air yet"}</div>}
      {shown && (
        <div className="badges">
          {isRecording && <span className="tag air">ON AIR</span>}
          <span className="tag">
            {shown.label} · camera {number + 1}
          </span>
          {isRecording && <LiveText className="tag num" read={() => secondsOf(studio.clock() - directing.since)} />}
        </div>
      )}
      {isRecording && directing.why && (
        <div className="why">
          <span>
            <Why text={directing.why} />
            <LiveText className="num" read={holds} />
          </span>
        </div>
      )}
      <span className="hidden-words" role="status">
        {said}
      </span>
    </section>
  );
}

/* "Guest took over: Host stopped 0.6 s before": what happened is bold, why is not. */
export function Why({ text }: { text: string }) {
  const colon = text.indexOf(":");
  if (colon < 0) return <b>{text}</b>;
  return (
    <>
      <b>{text.slice(0, colon + 1)}</b>
      {text.slice(colon + 1)}
    </>
  );
}
