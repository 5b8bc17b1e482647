import { useEffect, useState } from "react";
import type { Studio } from "../core/studio";

export type MakeStudio = () => Studio | Promise<Studio>;

let made: Promise<Studio> | null = null; /* one page has one studio, however often React draws */

/* The studio of this page, once it is wanted; a string says why there is none. */
export function useStudioOf(make: MakeStudio, isWanted: boolean): Studio | string | null {
  const [studio, setStudio] = useState<Studio | string | null>(null);
  useEffect(() => {
    if (!isWanted) return;
    made ??= Promise.resolve(make());
    made.then(setStudio, (error: unknown) => {
      made = null;
      setStudio(error instanceof Error ? error.message : String(error));
    });
  }, [make, isWanted]);
  return studio;
}
