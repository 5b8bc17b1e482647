import type { SourceId } from "../core/studio";
import { useStudio } from "../hooks/use-studio";
import { LevelMeter } from "./LevelMeter";

/* The level of a source's sound. */
export function Meter({ source, label, broad }: { source: SourceId; label: string; broad?: boolean }) {
  const studio = useStudio();
  return <LevelMeter read={() => studio.meters().get(source)} label={`Sound of ${label}`} broad={broad} />;
}
