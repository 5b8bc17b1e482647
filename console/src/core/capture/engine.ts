/* What records: with WebCodecs, or with MediaRecorder where there is none. The page opens devices and
 * gives them to the engine; the engine says what became of them. */
import type { Counts, Setup, SourceSetup } from "./protocol";
import type { PlayedPictures } from "./sample";
import type { SourceId } from "../studio";

export interface EngineSource {
  setup: SourceSetup;
  track: MediaStreamTrack | null;
  pictures: PlayedPictures | null; /* where they come with their times, and better than by the track */
}

export interface Engine {
  add(source: EngineSource): void;
  remove(source: SourceId): void;
  /* `show`: another number for each show; its clock has nothing to do with that of the one before. */
  setClock(at: number, session: number | null, show: number): void;
  /* How many frames the source's track has delivered so far: some may never have arrived. */
  setDelivered(source: SourceId, frames: number): void;
  start(setup: Setup): Promise<void>;
  setMix(weights: ReadonlyMap<SourceId, number>): void;
  cutTo(source: SourceId, t: number, decision: string | null): void;
  prepare(source: SourceId): void;
  /* The program goes to this WebSocket too, from now on; null: no more. Missing: it cannot. */
  setLive?(address: string | null): void;
  /* The program as it is on air, to be looked at while a show runs; null or missing: it cannot. */
  show?(): MediaStreamTrack | null;
  hide?(): void;
  stop(): Promise<void>;
  counts(): Counts | null; /* of the last recording, where the engine knows */
  close(): void;
}
