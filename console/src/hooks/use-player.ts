import { type RefObject, useCallback, useMemo, useRef } from "react";

export interface Player {
  video: RefObject<HTMLVideoElement | null>;
  now: RefObject<() => number>; /* ms of the program */
  seek(t: number, isPlaying: boolean): void;
  /* Another film comes: it begins at this moment of the session clock. null: at its own beginning. */
  keep(session: number | null, isPlaying?: boolean): void;
  loaded(start: number): void;
  stopAt(t: number | null): void;
}

interface Kept {
  session: number;
  isPlaying: boolean;
}

/* One player for several films of the same show. `toProgram`: from the film's time to the program's. */
export function usePlayer(toProgram: (t: number) => number): Player {
  const video = useRef<HTMLVideoElement>(null);
  const kept = useRef<Kept | null>(null);
  const stop = useRef<(() => void) | null>(null);
  const map = useRef(toProgram);
  map.current = toProgram;
  const now = useRef(() => map.current((video.current?.currentTime ?? 0) * 1000));

  const seek = useCallback((t: number, isPlaying: boolean) => {
    const element = video.current;
    stop.current?.();
    if (!element) return;
    element.currentTime = Math.max(0, t) / 1000;
    if (isPlaying) element.play().catch(() => {});
  }, []);
  const keep = useCallback((session: number | null, isPlaying?: boolean) => {
    stop.current?.();
    const runs = isPlaying ?? (video.current !== null && !video.current.paused);
    kept.current = session === null ? null : { session, isPlaying: runs };
  }, []);
  const loaded = useCallback(
    (start: number) => {
      if (kept.current) seek(kept.current.session - start, kept.current.isPlaying);
      kept.current = null;
    },
    [seek],
  );
  const stopAt = useCallback((t: number | null) => {
    const element = video.current;
    if (!element || t === null) return;
    const look = () => {
      if (element.currentTime * 1000 < t) return;
      element.pause();
      stop.current?.();
    };
    element.addEventListener("timeupdate", look);
    stop.current = () => {
      element.removeEventListener("timeupdate", look);
      stop.current = null;
    };
  }, []);
  return useMemo(() => ({ video, now, seek, keep, loaded, stopAt }), [seek, keep, loaded, stopAt]);
}
