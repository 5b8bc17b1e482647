/* What a view may know of a running studio, and what it may ask of it. The core behind it knows no
 * React; views know nothing else of the core. Times are whole milliseconds on the session clock,
 * levels dBFS, sizes bytes, unless a name says otherwise. */

import type { LiveShow } from "./api";
import type { ChatLine, RoomState } from "./room/room";

export type SourceId = string; /* "cam_1" … "cam_16" */
export type Role = "person" | "wide" | "screen" | "mic";

/* Where a source's picture comes from. "sample" plays a recording of the sample show. */
export type Picture =
  | { kind: "camera"; deviceId: string }
  | { kind: "screen"; asked?: number } /* another number: the browser is to ask again which */
  | { kind: "phone"; clientId: string | null } /* null: its link was made, nobody came yet */
  | { kind: "guest" } /* of somebody elsewhere, who comes by a link; who that is, the source's id says */
  | { kind: "sample"; url: string }
  | { kind: "none" }; /* a microphone only */

/* A channel of an interface with several is a microphone like any other; 0 is the first. */
export interface Microphone {
  deviceId: string;
  channel: number;
}

export interface Device {
  deviceId: string;
  label: string;
  kind: "camera" | "microphone";
  channels: number; /* of a microphone */
}

export interface Source {
  id: SourceId;
  label: string;
  role: Role;
  priority: number; /* −10 … 10 */
  picture: Picture;
  microphone: Microphone | "own" | null; /* "own": the sound that comes with the picture */
  stream: MediaStream | null; /* the live picture, for a <video>; null while there is none */
  /* Why there is no picture (or no sound) now, in plain words; null when all is well. */
  trouble: string | null;
  isLost: boolean; /* the director has left it */
  gainDb: number | null; /* level of this person's voice by the sound check; null: not checked */
  isolationDb: number | null; /* how much quieter the others are in this mic; null: not known */
}

/* What changes many times a second is kept apart from the state, so that views draw it without
 * rendering again: see Studio.meters(). */
export interface Meter {
  levelDb: number;
  peakDb: number;
  isSpeaking: boolean;
}

export interface Format {
  width: number;
  height: number;
  rate: number; /* frames a second */
  recorder: "webcodecs" | "mediarecorder";
  videoKbps: number; /* of each camera */
  /* Said when the machine had to step down: "bitrate halved: this machine is busy"; else null. */
  reduced: string | null;
}

export type Phase = "setup" | "starting" | "recording" | "stopping" | "stopped";

export interface Shot {
  source: SourceId;
  t: number;
  reason: string; /* director_reason_name() */
  text: string; /* the sentence under the picture */
}

export interface Speech {
  source: SourceId;
  start: number;
  end: number | null; /* null: speaks now */
}

export interface Directing {
  by: "auto" | "manual"; /* manual: until resumed */
  onAir: SourceId | null;
  next: SourceId | null; /* what may come next */
  why: string; /* "Guest took over: Host stopped 0.6 s before" */
  since: number; /* of the shot on air */
  holdsUntil: number | null; /* the shot is not left before */
  autoAt: number | null; /* a manual cut returns to auto then; null: not, or auto already */
  decidedBy: "server" | "console"; /* the console decides while the link is down */
  settings: Record<string, number>; /* seconds, by director setting name */
  patience: number; /* 0 … 10; NaN when the settings are no longer those of a patience */
}

export interface RecordingFile {
  name: string; /* "cam_1_iso.mkv" */
  source: SourceId | null; /* null: the program */
  bytes: number;
  sentBytes: number; /* acknowledged by the server: on its disk */
  keptUntil: number; /* safe in this browser's storage up to here */
  safeUntil: number; /* safe on the server's disk up to here */
  state: "recording" | "sending" | "done" | "failed";
  trouble: string | null;
}

export interface Room {
  browserFreeBytes: number | null;
  serverFreeBytes: number | null;
  secondsLeft: number | null; /* how long the shorter of the two lasts at this rate */
}

export interface Link {
  state: "connecting" | "online" | "offline";
  behindMs: number; /* how far uploads are behind the clock */
  offsetErrorMs: number | null; /* of the clock */
  roundTripMs: number | null;
}

/* A problem: what it is, what it does not affect, what to do. */
export interface Notice {
  id: string; /* stable while it lasts */
  level: "info" | "warning" | "error";
  title: string;
  text: string;
  actions: { label: string; run: () => void }[]; /* at most two */
}

export interface SoundCheck {
  source: SourceId;
  remainingMs: number;
  heardDb: number | null;
}

/* A show of an earlier visit that was cut short: its files wait in the browser's storage. */
export interface Unfinished {
  sessionId: string;
  name: string;
  bytes: number; /* still to send */
  isRecording: boolean; /* the server still has it recording: resume() goes on with it */
  isKnown: boolean; /* to the server; else it cannot be sent */
}

/* Somebody elsewhere. Name, picture and what is wrong with it are their source's. */
export interface Guest {
  id: SourceId; /* of their source */
  /* "opening": their page is open, they are not in the room yet; "left": they were here before. */
  state: "away" | "opening" | "here" | "left";
  hasPicture: boolean; /* comes from them now */
  hasSound: boolean;
  isMuted: boolean; /* their microphone, by themselves or from here */
  isQuiet: boolean; /* not played in this room; the show has their sound all the same */
  speaksBy: "page" | "console"; /* who finds when they speak: theirs, unless it does not say anything */
}

export interface GuestRoom {
  can: boolean | null; /* the server has LiveKit; null: not known yet */
  link: RoomState["link"];
  why: string | null; /* it is not well */
  guests: Guest[];
  chat: ChatLine[];
  isStudioHeard: boolean; /* guests hear this room */
  dropped: number; /* events of guests that were too many */
}

export interface StudioState {
  phase: Phase;
  name: string; /* of the show */
  sessionId: string | null;
  permission: "unknown" | "asking" | "granted" | "denied" | "impossible"; /* no secure context */
  devices: Device[];
  sources: Source[];
  format: Format;
  soundCheck: SoundCheck | null;
  directing: Directing;
  shots: Shot[]; /* of the last ten minutes, ascending */
  speech: Speech[]; /* likewise */
  shares: Record<SourceId, number>; /* of all speech so far, 0 … 1 */
  files: RecordingFile[];
  room: Room;
  link: Link;
  notices: Notice[];
  unfinished: Unfinished[];
  live: LiveShow | null; /* on air, or just ended; null: not */
  guests: GuestRoom;
}

export interface Studio {
  /* The same object until something changed: for useSyncExternalStore. */
  state(): StudioState;
  subscribe(changed: () => void): () => void;
  clock(): number; /* now, ms on the session clock; 0 before the show */
  meters(): ReadonlyMap<SourceId, Meter>;

  /* ---- set-up ---- */
  askPermission(): Promise<void>;
  setName(name: string): void;
  addCamera(deviceId: string): void;
  addScreen(): Promise<void>; /* the browser asks which */
  addMicrophone(microphone: Microphone): void;
  addSampleShow(): Promise<void>;
  /* The address a phone has to open, for a QR code; the source appears at once, and its picture when
   * the phone comes. Throws when this address is not HTTPS: then the message says what to do. */
  addPhone(): Promise<string>;
  /* The link for somebody elsewhere, whose source appears at once; during a show as well. Throws with
   * what to do when the server has no LiveKit. */
  addGuest(label: string): Promise<string>;
  /* Once more, for a guest who has a source: an earlier link stays good. */
  guestLink(id: SourceId): Promise<string>;
  removeSource(id: SourceId): void;
  /* During a show as well: label, role, priority, microphone. */
  changeSource(id: SourceId, change: Partial<Pick<Source, "label" | "role" | "priority" | "microphone" | "picture">>): void;
  changeFormat(change: Partial<Pick<Format, "width" | "height" | "rate" | "recorder" | "videoKbps">>): void;
  /* Five seconds in which this person talks alone. */
  startSoundCheck(id: SourceId): void;
  cancelSoundCheck(): void;

  /* ---- the show ---- */
  start(): Promise<void>; /* throws with a message for people */
  stop(): Promise<void>;
  newShow(): void; /* from stopped back to setup, with the same sources */
  cut(id: SourceId): void; /* by hand, at once; auto comes back after manual_hold */
  wide(): void; /* likewise, to the wide camera if there is one */
  hold(): void; /* stay on what is on air until auto() */
  auto(): void;
  changeSettings(settings: Record<string, number>): void; /* seconds */
  setPatience(patience: number): void; /* 0 … 10 */
  mark(label: string): void;
  dismiss(noticeId: string): void;

  /* ---- guests ---- */
  muteGuest(id: SourceId): Promise<void>; /* only they themselves unmute … */
  askToUnmute(id: SourceId): void; /* … when they are asked to, by the chat */
  removeGuest(id: SourceId): Promise<void>; /* for good: their link ends */
  quietGuest(id: SourceId, isQuiet: boolean): void; /* in this room alone */
  letStudioBeHeard(isHeard: boolean): void;
  say(text: string): void; /* to the guests; never recorded */

  /* ---- earlier visits ---- */
  resume(sessionId: string): Promise<void>;
  discard(sessionId: string): Promise<void>;
}
