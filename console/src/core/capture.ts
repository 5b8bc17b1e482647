/* Cameras and microphones in, recordings out: one encoder for each camera, the program put together
 * from the very same chunks, cut at keyframes. Knows nothing of servers, events or who speaks.
 * Times are ms on the session clock, from the `clock` that start() is given. */
import type { Format, Microphone, Picture, SourceId } from "./studio";
import type { SpoolFile } from "./spool";

export interface CaptureSource {
  id: SourceId;
  picture: Picture;
  microphone: Microphone | "own" | null;
  remote?: MediaStream; /* of a phone or a guest, once it is there */
  away?: string; /* why there is none, where that is known */
}

export interface CaptureEvents {
  /* The live picture of a source came, changed or went (null). */
  stream(source: SourceId, stream: MediaStream | null): void;
  /* A device went or came back: `why` in plain words, null when all is well again. Without a picture
   * the director leaves the source; trouble with the sound alone is only said. */
  trouble(source: SourceId, why: string | null, isPictureGone: boolean): void;
  /* A recording begins or ends: what record_start and record_stop say. `start`: its first moment. */
  recordStart(file: { name: string; source: SourceId | null; start: number; video: string; audio: string }): void;
  recordStop(file: { name: string; source: SourceId | null; end: number; gaps: [number, number][] }): void;
  /* The program's first frame of a shot, in answer to cutTo(). */
  cut(cut: { source: SourceId; t: number; decision: string | null }): void;
  /* Something had to give: rate or bitrate, never size; null: as chosen again. */
  reduced(text: string | null): void;
  /* Recording failed for one file (storage full, encoder gone); the others go on. */
  failed(name: string, why: string): void;
}

export interface RoomSound {
  program: MediaStreamTrack; /* each microphone by its share */
  voices: MediaStreamTrack; /* without guests, who would hear themselves */
}

/* 32 ms of sound of every source with a microphone, together: what the speech worker eats. */
export interface SoundFrames {
  t: number; /* session clock (or performance time before start) at the end of the frame */
  mics: { source: SourceId; samples: Float32Array /* 1536 at 48 kHz */ }[];
}

export interface CaptureStart {
  format: Format;
  clock: () => number;
  /* Makes the file for a name such as "program.mkv" or "cam_1_iso.2.mkv". */
  file: (name: string, source: SourceId | null) => Promise<SpoolFile>;
  /* Parts of an earlier visit: the first name to use has this part number (1: no number). */
  firstPart: (source: SourceId | null) => number;
  onAir: SourceId; /* the program begins with it */
  lookAheadMs: number; /* the program is put together this much late, so that cuts land earlier */
  isLocal?: boolean; /* a phone's own recording: "cam_1_local.mkv", and no program */
}

export interface Capture {
  /* Opens what is new, closes what went. During a show too: a new source begins its file. */
  setSources(sources: CaptureSource[]): Promise<void>;
  setFormat(format: Format): Promise<void>;
  /* The gain share of each mic, linear 0 … 1 at `t`: how the program's sound is mixed. */
  setMix(weights: ReadonlyMap<SourceId, number>): void;
  onSound(listener: (frames: SoundFrames) => void): () => void;
  start(options: CaptureStart): Promise<void>;
  /* From content time `t` on (0: as soon as possible) the program shows this source. */
  cutTo(source: SourceId, t: number, decision: string | null): void;
  /* Asks a camera for a keyframe: its person began to speak, so a cut may come. */
  prepare(source: SourceId): void;
  /* The program goes to this WebSocket too; null: no more. False: this browser cannot do that. */
  setLive(address: string | null): boolean;
  /* What people elsewhere hear; null: nobody listens any more. The same tracks as long as it is open. */
  openRoom(): RoomSound;
  closeRoom(): void;
  /* The program as a track for them, while a show is recorded; null: not now, or not in this browser.
   * It is not put together from the recording's chunks: who is on air is shown as it comes. */
  showProgram(): MediaStreamTrack | null;
  hideProgram(): void;
  /* Ends every file; resolves when all of it is in the spool. */
  stop(): Promise<void>;
  close(): void;
}
