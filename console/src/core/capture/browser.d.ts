/* What browsers have and TypeScript's library does not say yet. */

interface MediaStreamTrackProcessorInit {
  track: MediaStreamTrack;
  maxBufferSize?: number;
}
declare class MediaStreamTrackProcessor {
  constructor(init: MediaStreamTrackProcessorInit);
  readonly readable: ReadableStream<VideoFrame>;
}

declare class MediaStreamTrackGenerator extends MediaStreamTrack {
  constructor(init: { kind: "video" });
  readonly writable: WritableStream<VideoFrame>;
}

interface MediaStreamTrack {
  readonly stats?: { readonly deliveredFrames?: number };
}

interface HTMLMediaElement {
  captureStream(): MediaStream;
}

interface AudioContext {
  setSinkId?(sink: string | { type: "none" }): Promise<void>;
}

interface AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare const AudioWorkletProcessor: { new (): AudioWorkletProcessor };
declare const currentFrame: number;
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;
