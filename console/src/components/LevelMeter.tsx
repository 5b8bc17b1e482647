import { useRef } from "react";
import type { Meter } from "../core/studio";
import { useFrame } from "../hooks/use-frame";

const FLOOR_DB = -60;

export function levelShare(db: number): number {
  return Number.isFinite(db) ? Math.min(1, Math.max(0, 1 - db / FLOOR_DB)) : 0;
}

/* A level, drawn without rendering. Tells its parent element who speaks. */
export function LevelMeter({ read, label, broad }: { read: () => Meter | undefined; label: string; broad?: boolean }) {
  const box = useRef<HTMLSpanElement>(null);
  const cover = useRef<HTMLElement>(null);
  const peak = useRef<HTMLElement>(null);
  useFrame(() => {
    if (!box.current || !cover.current || !peak.current) return;
    const meter = read();
    const share = levelShare(meter?.levelDb ?? FLOOR_DB);
    cover.current.style.transform = `scaleX(${(1 - share).toFixed(3)})`;
    peak.current.style.transform = `translateX(${(levelShare(meter?.peakDb ?? FLOOR_DB) * box.current.clientWidth - 2).toFixed(1)}px)`;
    box.current.parentElement?.toggleAttribute("data-speaking", meter?.isSpeaking ?? false);
  });
  return (
    <span ref={box} className={broad ? "meter broad" : "meter"} role="img" aria-label={label}>
      <i ref={cover} />
      <b ref={peak} />
    </span>
  );
}
