/* What recordings are called. */
import type { SourceId } from "../studio";

export type Container = "mkv" | "webm";

/* "iso": what this console has of a camera; "local": what a phone recorded of itself. */
export type Kind = "iso" | "local";

/* "program.mkv", "cam_1_iso.mkv"; later parts "cam_1_iso.2.mkv": part 1 has no number. */
export function partName(source: SourceId | null, part: number, container: Container, kind: Kind = "iso"): string {
  const stem = source === null ? "program" : `${source}_${kind}`;
  return part > 1 ? `${stem}.${part}.${container}` : `${stem}.${container}`;
}
