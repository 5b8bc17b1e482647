import { useCallback, useEffect, useState } from "react";

export type Answer<T> =
  | { state: "waiting" }
  | { state: "here"; value: T }
  | { state: "failed"; error: unknown };

/* What a call answered; asks again when `ask` changes, and on again(). */
export function useAnswer<T>(ask: () => Promise<T>): [Answer<T>, () => void] {
  const [answer, setAnswer] = useState<Answer<T>>({ state: "waiting" });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let isWanted = true;
    ask().then(
      (value) => isWanted && setAnswer({ state: "here", value }),
      (error: unknown) => isWanted && setAnswer({ state: "failed", error }),
    );
    return () => {
      isWanted = false;
    };
  }, [ask, turn]);
  const again = useCallback(() => setTurn((n) => n + 1), []);
  return [answer, again];
}
