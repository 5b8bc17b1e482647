/* Who is in the room and what they publish, as views see it; and what of that is subscribed to. */
import type { RemoteParticipant, RemoteTrackPublication, VideoQuality } from "livekit-client";
import type { RoomAsk, RoomPerson, RoomTrack, TrackName } from "./room";
import { isHost, isViewer, nameOf } from "./wire";

type Participants = ReadonlyMap<string, RemoteParticipant>;

function trackOf(publication: RemoteTrackPublication, name: TrackName): RoomTrack {
  const { kind, isMuted, isSubscribed, track } = publication;
  return { name, kind: kind === "video" ? "picture" : "sound", track: (isSubscribed && track?.mediaStreamTrack) || null, isMuted };
}

function tracksOf(participant: RemoteParticipant): RoomTrack[] {
  return [...participant.trackPublications.values()]
    .flatMap((publication) => {
      const name = nameOf(participant.identity, publication.trackName);
      return name === null ? [] : [trackOf(publication as RemoteTrackPublication, name)];
    })
    .sort((a, b) => a.name.localeCompare(b.name));
}

export function peopleOf(participants: Participants): RoomPerson[] {
  return [...participants.values()]
    .map((one) => ({ identity: one.identity, name: nameFor(one), tracks: tracksOf(one) }))
    .sort((a, b) => a.identity.localeCompare(b.identity, "en", { numeric: true }));
}

export function nameFor({ identity, name }: { identity: string; name?: string }): string {
  if (name) return name;
  return isHost(identity) ? "Host" : isViewer(identity) ? "Viewer" : identity;
}

export function arePeopleSame(a: readonly RoomPerson[], b: readonly RoomPerson[]): boolean {
  const isTrackSame = (one: RoomTrack, other: RoomTrack | undefined) =>
    one.name === other?.name && one.track === other.track && one.isMuted === other.isMuted && one.kind === other.kind;
  const isSame = (one: RoomPerson, other: RoomPerson | undefined) =>
    one.identity === other?.identity &&
    one.name === other.name &&
    one.tracks.length === other.tracks.length &&
    one.tracks.every((track, i) => isTrackSame(track, other.tracks[i]));
  return a.length === b.length && a.every((one, i) => isSame(one, b[i]));
}

/* Asks for what is wanted, and for no more. */
export class Subscriptions {
  private asked = new WeakMap<RemoteTrackPublication, { isWanted: boolean; quality: VideoQuality | null }>();

  /* `qualityOf`: of a picture; null: as good as it comes. */
  update(participants: Participants, wants: RoomAsk["wants"], qualityOf: (identity: string, name: TrackName) => VideoQuality | null): void {
    for (const participant of participants.values())
      for (const one of participant.trackPublications.values()) {
        const publication = one as RemoteTrackPublication;
        const name = nameOf(participant.identity, publication.trackName);
        const isWanted = name !== null && wants(participant.identity, name);
        const quality = isWanted && publication.kind === "video" ? qualityOf(participant.identity, name) : null;
        this.ask(publication, isWanted, quality);
      }
  }

  private ask(publication: RemoteTrackPublication, isWanted: boolean, quality: VideoQuality | null): void {
    const before = this.asked.get(publication);
    if (before?.isWanted !== isWanted) publication.setSubscribed(isWanted);
    if (isWanted && quality !== null && before?.quality !== quality) publication.setVideoQuality(quality);
    this.asked.set(publication, { isWanted, quality: quality ?? before?.quality ?? null });
  }
}
