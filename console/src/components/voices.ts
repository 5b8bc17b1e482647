/* The colour of each source: people take turns through eight, wide shots and screens are grey. */
import type { Role, SourceId } from "../core/studio";

interface Coloured {
  id: SourceId;
  role?: Role;
}

export function colourOf(sources: readonly Coloured[], id: SourceId): string {
  let person = 0;
  for (const source of sources) {
    const isPerson = (source.role ?? "person") === "person" || source.role === "mic";
    if (isPerson) person++;
    if (source.id === id) return isPerson ? `var(--v${((person - 1) % 8) + 1})` : "var(--v0)";
  }
  return "var(--v0)";
}
