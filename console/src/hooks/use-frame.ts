import { useEffect, useRef } from "react";
import { onFrame } from "./frames";

/* Calls `draw` before each picture of the screen. The newest `draw` is called; nothing renders. */
export function useFrame(draw: (now: number) => void): void {
  const latest = useRef(draw);
  useEffect(() => {
    latest.current = draw;
  });
  useEffect(() => onFrame((now) => latest.current(now)), []);
}
