import { useSyncExternalStore } from "react";
import type { StudioState } from "../core/studio";
import { useStudio } from "./use-studio";

export function useStudioState(): StudioState {
  const studio = useStudio();
  return useSyncExternalStore(
    (changed) => studio.subscribe(changed),
    () => studio.state(),
  );
}
