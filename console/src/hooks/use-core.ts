import { useEffect, useState } from "react";

/* What a page is drawn from, made when it opens and ended when it goes; null before. */
export function useCore<Core>(token: string, make: (token: string) => Core, end: (core: Core) => void): Core | null {
  const [core, setCore] = useState<Core | null>(null);
  useEffect(() => {
    const mine = make(token);
    setCore(mine);
    return () => end(mine);
  }, [token, make, end]);
  return core;
}
