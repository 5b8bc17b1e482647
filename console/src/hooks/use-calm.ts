import { useEffect, useRef, useState } from "react";

/* Words for a live region: those of now, but not oftener than every `everyMs`. */
export function useCalm(words: string, everyMs: number): string {
  const [said, setSaid] = useState(words);
  const last = useRef(0);
  useEffect(() => {
    const wait = Math.max(0, last.current + everyMs - performance.now());
    const timer = setTimeout(() => {
      last.current = performance.now();
      setSaid(words);
    }, wait);
    return () => clearTimeout(timer);
  }, [words, everyMs]);
  return said;
}
