import type { OwnRecording } from "../core/own-recorder";
import { sizeOf } from "./words";

/* What this browser records of its own camera, and how much of it is still to send. */
export function GuestOwn({ own: { state, leftBytes, why } }: { own: OwnRecording }) {
  if (state === "off") return null;
  const left = leftBytes > 0 ? `${sizeOf(leftBytes)} left to send` : null;
  return (
    <div className="own num" role="status">
      {state === "waiting" && <p className="dim">Your own recording begins when the host records.</p>}
      {state === "recording" && (
        <p>
          <i className="dot" /> Your own recording runs{left && `: ${left}`}
        </p>
      )}
      {state === "sending" && (
        <p>
          <b>Your recording: {left ?? "the last of it is being checked"}.</b> Keep this page open.
        </p>
      )}
      {state === "sent" && (
        <p className="well">
          <span aria-hidden="true">✓ </span>Your recording is all in the studio. You can close this page.
        </p>
      )}
      {state === "impossible" && <p className="warn">Only what goes through the room is recorded: {why}</p>}
      {state === "impossible" && left && <p>{left}. Keep this page open.</p>}
      {state !== "impossible" && why && <p className="warn">{why}</p>}
    </div>
  );
}
