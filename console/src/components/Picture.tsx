import type { ReactNode } from "react";
import { useStream } from "../hooks/use-stream";

interface Props {
  stream: MediaStream | null;
  missing: string; /* what to say where there is no picture */
  children?: ReactNode;
}

/* A live picture, mute; what is said of it stands beside it, so it has no words of its own. */
export function Picture({ stream, missing, children }: Props) {
  const video = useStream(stream);
  return (
    <div className="picture">
      {stream ? <video ref={video} muted playsInline autoPlay aria-hidden="true" /> : <div className="none small">{missing}</div>}
      {children}
    </div>
  );
}
