import { useEffect, useRef } from "react";

export type Keys = Record<string, () => void>;

const FIELDS = "input:not([type=range], [type=checkbox]), textarea, select, [contenteditable]";

/* Whether a key belongs to the page, and not to a field, a dialog or a button that somebody walked
 * to by keyboard. */
export function isForPage(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return false;
  if (document.querySelector("dialog[open]")) return false;
  const target = event.target instanceof Element ? event.target : null;
  if (target?.matches(FIELDS)) return false;
  const presses = event.key === " " || event.key === "Enter";
  return !(presses && target?.matches("button, a, summary, input") && target.matches(":focus-visible"));
}

/* Keys of the page by name ("1", " ", "a"); letters in either case. */
export function useKeys(keys: Keys): void {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const act = latest.current[event.key.length === 1 ? event.key.toLowerCase() : event.key];
      if (!act || !isForPage(event)) return;
      event.preventDefault();
      act();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
}
