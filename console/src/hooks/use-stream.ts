import { type RefObject, useEffect, useRef } from "react";

/* A ref for a <video> that shows the stream, or an <audio> that plays it. */
export function useStream<Media extends HTMLMediaElement = HTMLVideoElement>(stream: MediaStream | null): RefObject<Media | null> {
  const video = useRef<Media>(null);
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
