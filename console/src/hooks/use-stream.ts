import { type RefObject, useEffect, useRef } from "react";

/* A ref for a <video> that shows the stream. */
export function useStream(stream: MediaStream | null): RefObject<HTMLVideoElement | null> {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const element = video.current;
    if (!element) return;
    element.srcObject = stream;
    if (stream) element.play().catch(() => {}); /* plays when it may; autoplay of mute pictures is allowed */
    return () => {
      element.srcObject = null;
    };
  }, [stream]);
  return video;
}
