/* What the page and the worker that records say to each other. Times marked `at` are performance.now()
 * of the page, all others are on the session clock. */
import type { Format, SourceId } from "../studio";

export interface SourceSetup {
  source: SourceId;
  hasPicture: boolean;
  keepsWhole: boolean; /* a screen: nothing is cropped */
  isTimed: boolean; /* the page sends its pictures, which carry performance.now() of the page */
  channels: 0 | 1 | 2; /* of its sound; 0: none */
}

export interface Setup {
  format: Format;
  onAir: SourceId;
  lookAheadMs: number;
  firstPart: [SourceId | null, number][];
  isLocal: boolean; /* a phone's own recording, without a program */
}

export type ToWorker =
  | { kind: "sound"; port: MessagePort }
  | { kind: "clock"; at: number; wall: number; session: number | null; show: number } /* `wall`: Date.now() when sent */
  | { kind: "source"; setup: SourceSetup; frames: ReadableStream<VideoFrame> | null }
  | { kind: "gone"; source: SourceId }
  | { kind: "frame"; source: SourceId; frame: VideoFrame; lost: number } /* of one that is timed; lost: before it */
  | { kind: "delivered"; source: SourceId; frames: number } /* by the camera so far; four times a second */
  | { kind: "start"; setup: Setup }
  | { kind: "mix"; weights: [SourceId, number][] }
  | { kind: "cut"; source: SourceId; t: number; decision: string | null }
  | { kind: "prepare"; source: SourceId }
  | { kind: "show"; frames: WritableStream<VideoFrame> | null } /* where the program is looked at; null: nowhere */
  | { kind: "live"; address: string | null } /* where the program goes live; null: nowhere */
  | { kind: "stop" };

export interface FileOpened {
  kind: "open";
  file: number;
  name: string;
  source: SourceId | null;
  start: number;
  video: string;
  audio: string;
}

export type FromWorker =
  | FileOpened
  | { kind: "append"; file: number; bytes: Uint8Array; until: number }
  | { kind: "close"; file: number; end: number; gaps: [number, number][] }
  | { kind: "cut"; source: SourceId; t: number; decision: string | null }
  | { kind: "took"; source: SourceId } /* a frame that the page sent */
  | { kind: "trouble"; source: SourceId; why: string | null }
  | { kind: "reduced"; text: string | null }
  | { kind: "failed"; name: string; why: string }
  | { kind: "stopped"; counts: Counts };

/* Frames of all cameras and of the program: for tests and measurements. */
export interface Counts {
  cameras: Record<SourceId, { frames: number; dropped: number }>;
  programFrames: number;
}

/* What the AudioWorklet sends, about 31 times a second: all microphones, of the same moments. */
export interface SoundMessage {
  frame: number; /* the context's number of the first sample */
  wall: number; /* Date.now() when it was sent */
  mics: { source: SourceId; channels: Float32Array[] }[];
}

export const SOUND_SAMPLES = 1536;
export const SOUND_RATE = 48000;
