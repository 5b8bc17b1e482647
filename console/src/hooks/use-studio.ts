import { createContext, useContext } from "react";
import type { Studio } from "../core/studio";

export const StudioContext = createContext<Studio | null>(null);

export function useStudio(): Studio {
  const studio = useContext(StudioContext);
  if (!studio) throw new Error("a view of the studio was drawn outside of it");
  return studio;
}
