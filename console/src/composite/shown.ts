/* What the page for LiveKit's Egress shows and plays of a room: the picture of the source that the
 * program is on, or what a console publishes as the program; all that is said. */
import { trackOf, type RoomPerson, type RoomState, type TrackName } from "../core/room/room";

export interface Shown {
  pictures: MediaStreamTrack[]; /* all that may be shown next */
  picture: MediaStreamTrack | null; /* the one that is; null: the slate */
  name: string; /* on the slate; "" */
  sounds: MediaStreamTrack[];
}

function tracksOf(people: readonly RoomPerson[], name: TrackName): MediaStreamTrack[] {
  return people.flatMap((person) => trackOf(person, name) ?? []);
}

/* A console that publishes the program's sound has everybody in it already. */
export function shownOf({ people, program }: Pick<RoomState, "people" | "program">): Shown {
  const person = people.find(({ identity }) => identity === program?.source);
  const programs = tracksOf(people, "program");
  const mixed = tracksOf(people, "program-sound");
  return {
    pictures: [...tracksOf(people, "camera"), ...programs],
    picture: trackOf(person, "camera") ?? programs[0] ?? null,
    name: person?.name ?? "",
    sounds: mixed.length > 0 ? mixed.slice(0, 1) : tracksOf(people, "microphone"),
  };
}
