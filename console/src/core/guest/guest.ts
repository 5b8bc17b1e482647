/* What the page of a guest from elsewhere may know and ask: first the green room, in which nothing of
 * them leaves their machine; then the room, in which they see the program, hear the others, and know
 * when they are on air. */
import { NO_RECORDING, type OwnRecording } from "../own-recorder";
import type { ChatLine, RoomState } from "../room/room";
import type { Device, Meter, SourceId } from "../studio";

/* left: by oneself. ended: the show is over. The last four stay. */
export type GuestPhase = "green" | "joining" | "in" | "left" | "ended" | "removed" | "refused";

export type Tally = "air" | "next" | "off";

export interface Other {
  identity: string;
  name: string;
  stream: MediaStream | null; /* their picture */
  isOnAir: boolean;
  isMuted: boolean;
}

/* How loud somebody's voice is, by the sound check. */
export type Loudness = "unheard" | "quiet" | "loud" | "fine";

export interface GuestState {
  phase: GuestPhase;
  why: string | null; /* it ended so, in plain words */
  name: string | null; /* under which the others see them; null: not known yet */
  show: string | null;
  /* ---- their devices ---- */
  permission: "unknown" | "asking" | "granted" | "denied" | "impossible";
  devices: Device[];
  cameraId: string | null;
  microphoneId: string | null;
  stream: MediaStream | null; /* own picture and sound */
  hasHeadphones: boolean; /* else echo is cancelled */
  check: { remainingMs: number } | null; /* of the sound, while it runs */
  loudness: Loudness | null;
  trouble: string | null; /* with devices, in plain words */
  hasAgreed: boolean; /* to be recorded */
  /* ---- the room ---- */
  tally: Tally;
  large: { stream: MediaStream | null; of: SourceId | null; name: string; isProgram: boolean };
  others: Other[];
  voices: MediaStream[]; /* to be heard */
  mutedBy: "self" | "host" | null;
  isRecorded: boolean; /* now, by the host */
  link: "connecting" | "online" | "by-room" | "offline"; /* to the server; by-room: events go through LiveKit */
  room: RoomState["link"];
  roomWhy: string | null;
  chat: ChatLine[];
  own: OwnRecording;
}

/* Of somebody whose link is well, before anything is known. */
export const FIRST: GuestState = {
  phase: "green",
  why: null,
  name: null,
  show: null,
  permission: "unknown",
  devices: [],
  cameraId: null,
  microphoneId: null,
  stream: null,
  hasHeadphones: false,
  check: null,
  loudness: null,
  trouble: null,
  hasAgreed: false,
  tally: "off",
  large: { stream: null, of: null, name: "", isProgram: false },
  others: [],
  voices: [],
  mutedBy: null,
  isRecorded: false,
  link: "connecting",
  room: "out",
  roomWhy: null,
  chat: [],
  own: NO_RECORDING,
};

export interface Guest {
  state(): GuestState;
  subscribe(changed: () => void): () => void;
  meter(): Meter; /* of their own microphone */

  askDevices(): Promise<void>; /* rejects with a message for people */
  choose(change: { cameraId?: string; microphoneId?: string; hasHeadphones?: boolean }): Promise<void>;
  startCheck(): void;
  agree(hasAgreed: boolean): void;

  join(): void;
  setMuted(isMuted: boolean): void;
  say(text: string): void;
  leave(): void; /* what was recorded is still sent */
  close(): void; /* the page goes */
}
