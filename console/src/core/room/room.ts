/* A show's LiveKit room, as the host's console, a guest's page and a viewer use it. Nothing outside
 * this folder knows livekit-client, which is loaded only when a room is joined. People are named by
 * their identity: that of a guest is the id of their source ("cam_2"), of a host "host-…", of a viewer
 * "viewer-…". */
import type { RoomTicket } from "../api";
import type { SourceId } from "../studio";

/* What is published under which name. `program` and `program-sound` are the console's; LiveKit's
 * Egress and guests take the program from them. */
export type TrackName = "camera" | "microphone" | "program" | "program-sound";

export interface RoomTrack {
  name: TrackName;
  kind: "picture" | "sound";
  track: MediaStreamTrack | null; /* null: not subscribed, or not come yet */
  isMuted: boolean;
}

export interface RoomPerson {
  identity: string;
  name: string;
  tracks: RoomTrack[];
}

/* The newest change of the program, as the server says it (docs/API.md, LiveKit). */
export interface ProgramChange {
  source: SourceId | null;
  t: number; /* ms on the session clock */
  reason: string;
  seq: number;
}

export const MOST_TEXT = 500; /* characters of a line of the chat */

export interface ChatLine {
  from: string; /* identity; LiveKit's word, not the sender's */
  name: string;
  text: string; /* at most MOST_TEXT characters */
  at: number; /* ms since 1970, here */
}

export interface RoomState {
  /* "out": not joined, or left. "refused" and "removed" are for good. */
  link: "out" | "joining" | "joined" | "again" | "refused" | "removed";
  why: string | null; /* in plain words, when it is not well */
  people: RoomPerson[]; /* without oneself, by identity */
  program: ProgramChange | null;
  chat: ChatLine[]; /* the last hundred; never recorded, never on the server */
  isMuted: boolean; /* the own microphone, by the host or by oneself */
}

export const OUT: RoomState = { link: "out", why: null, people: [], program: null, chat: [], isMuted: false };

/* What they publish under that name, where it is subscribed to and not muted. */
export function trackOf(person: RoomPerson | undefined, name: TrackName): MediaStreamTrack | null {
  const found = person?.tracks.find((one) => one.name === name);
  return found && !found.isMuted ? found.track : null;
}

/* An event of a guest whose Socket.IO is blocked; LiveKit says of whom it is. */
export type EventHeard = (identity: string, event: Record<string, unknown>) => void;

export interface Room {
  /* The same object until something changed: for useSyncExternalStore. */
  state(): RoomState;
  subscribe(changed: () => void): () => void;

  /* Gets a token of the server and comes in; comes again by itself, with a new token, until left. */
  join(): void;
  leave(): void;

  /* Publishes, or replaces what has that name; null: takes it back. Kept through a lost link. */
  publish(name: TrackName, track: MediaStreamTrack | null): void;
  setMuted(isMuted: boolean): void; /* the own microphone */

  say(text: string): void; /* to host and guests; viewers neither write nor read */
  /* Hands an event to the consoles in the room; false: nobody is there to take it. */
  sendEvent(event: Record<string, unknown>): boolean;
  onEvent(heard: EventHeard): void;
}

export interface RoomAsk {
  /* POST /sessions/{id}/livekit/token with the caller's own token; throws ApiError. */
  token(): Promise<RoomTicket>;
  /* What to subscribe to. A host takes cameras and microphones of guests; a guest the microphones of
   * others, their pictures, and the program's picture (not its sound: they would hear themselves). */
  wants(identity: string, name: TrackName): boolean;
}
