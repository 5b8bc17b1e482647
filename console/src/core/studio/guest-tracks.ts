/* What guests send: their tracks put together to the stream of a source, and played in this room. A guest
 * is recorded as any camera is, and a recording keeps its tracks: so their picture and their sound wait
 * a moment for each other, and nothing is made anew that stays as it was. */
import { trackOf, type RoomPerson } from "../room/room";
import { NOT_HERE_YET, type Remote } from "../sources";
import type { SourceId } from "../studio";

const WAIT_MS = 2000;
const LEFT = "They left, or their connection broke.";

/* What plays a guest's sound. */
export interface Player {
  setMuted(isMuted: boolean): void;
  close(): void;
}

export interface TrackParts {
  stream(tracks: MediaStreamTrack[]): MediaStream;
  player(sound: MediaStreamTrack): Player;
}

interface Known {
  person: RoomPerson | undefined;
  picture: MediaStreamTrack | null;
  sound: MediaStreamTrack | null;
  stream: MediaStream | null;
  player: Player | null;
  waiting: ReturnType<typeof setTimeout> | null;
  wasHere: boolean;
  isQuiet: boolean;
}

export class GuestTracks {
  private known = new Map<SourceId, Known>();

  constructor(
    private readonly changed: (id: SourceId) => void,
    private readonly parts: TrackParts = BROWSER,
  ) {}

  /* Nobody: they are not in the room. */
  follow(id: SourceId, person: RoomPerson | undefined): void {
    const known = this.of(id);
    known.person = person;
    known.wasHere ||= person !== undefined;
    const { picture, sound } = tracksOf(person);
    if (picture === known.picture && sound === known.sound) return this.settle(known);
    const isWhole = picture !== null && sound !== null;
    if (person === undefined || isWhole) return this.take(id, known);
    known.waiting ??= setTimeout(() => this.take(id, known), WAIT_MS);
  }

  remoteOf(id: SourceId): Remote {
    const known = this.known.get(id);
    if (known?.stream) return { remote: known.stream };
    return { away: known?.wasHere ? LEFT : NOT_HERE_YET };
  }

  isHere(id: SourceId): boolean {
    return this.known.get(id)?.person !== undefined;
  }

  wasHere(id: SourceId): boolean {
    return this.known.get(id)?.wasHere ?? false;
  }

  has(id: SourceId): { picture: boolean; sound: boolean } {
    const known = this.known.get(id);
    return { picture: known?.picture != null, sound: known?.sound != null };
  }

  isQuiet(id: SourceId): boolean {
    return this.known.get(id)?.isQuiet ?? false;
  }

  setQuiet(id: SourceId, isQuiet: boolean): void {
    const known = this.of(id);
    known.isQuiet = isQuiet;
    known.player?.setMuted(isQuiet);
  }

  /* The source was taken away. */
  forget(id: SourceId): void {
    const known = this.known.get(id);
    if (!known) return;
    this.settle(known);
    known.player?.close();
    this.known.delete(id);
  }

  /* Everybody is gone, and a next show begins without them. */
  clear(): void {
    const all = [...this.known.keys()];
    for (const id of all) this.forget(id);
    for (const id of all) this.changed(id);
  }

  private of(id: SourceId): Known {
    let known = this.known.get(id);
    if (!known) {
      known = { person: undefined, picture: null, sound: null, stream: null, player: null, waiting: null, wasHere: false, isQuiet: false };
      this.known.set(id, known);
    }
    return known;
  }

  private settle(known: Known): void {
    if (known.waiting !== null) clearTimeout(known.waiting);
    known.waiting = null;
  }

  private take(id: SourceId, known: Known): void {
    this.settle(known);
    const { picture, sound } = tracksOf(known.person);
    if (picture === known.picture && sound === known.sound) return;
    if (sound !== known.sound) {
      known.player?.close();
      known.player = sound && this.parts.player(sound);
      known.player?.setMuted(known.isQuiet);
    }
    known.picture = picture;
    known.sound = sound;
    const tracks = [picture, sound].filter((track) => track !== null);
    known.stream = tracks.length > 0 ? this.parts.stream(tracks) : null;
    this.changed(id);
  }
}

function tracksOf(person: RoomPerson | undefined): Pick<Known, "picture" | "sound"> {
  /* A camera that is off sends nothing; a microphone that is muted sends silence. */
  const microphone = person?.tracks.find(({ name }) => name === "microphone");
  return { picture: trackOf(person, "camera"), sound: microphone?.track ?? null };
}

/* Chromium gives what comes over WebRTC to an AudioContext only while an element plays it, too; here it is
 * played in any case, and who is not to be heard is played mute. */
const BROWSER: TrackParts = {
  stream: (tracks) => new MediaStream(tracks),
  player: (sound) => {
    const player = new Audio();
    player.srcObject = new MediaStream([sound]);
    const play = () => void player.play().catch(() => {});
    /* Browsers let sound begin only after a click. */
    document.addEventListener("pointerdown", play);
    document.addEventListener("keydown", play);
    play();
    return {
      setMuted: (isMuted) => void (player.muted = isMuted),
      close: () => {
        document.removeEventListener("pointerdown", play);
        document.removeEventListener("keydown", play);
        player.srcObject = null;
      },
    };
  },
};
