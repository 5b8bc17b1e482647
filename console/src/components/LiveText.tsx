import { useRef } from "react";
import { useFrame } from "../hooks/use-frame";

/* Words that follow a clock: read before each picture, written when they changed. */
export function LiveText({ read, className }: { read: () => string; className?: string }) {
  const place = useRef<HTMLSpanElement>(null);
  useFrame(() => {
    const words = read();
    if (place.current && place.current.textContent !== words) place.current.textContent = words;
  });
  return <span ref={place} className={className} />;
}
