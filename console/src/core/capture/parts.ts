/* What recordings are called. */
import type { SourceId } from "../studio";

export type Container = "mkv" | "webm";

/* "program.mkv", "cam_1_iso.mkv"; later parts "cam_1_iso.2.mkv": part 1 has no number. */
export function partName(source: SourceId | null, part: number, container: Container): string {
  const stem = source === null ? "program" : `${source}_iso`;
  return part > 1 ? `${stem}.${part}.${container}` : `${stem}.${container}`;
}
