/* What a guest sees and hears of the room: the program large, the others small, everybody's voice but
 * their own. Pure. */
import { trackOf, type RoomPerson } from "../room/room";
import { isGuest, isHost } from "../room/wire";
import type { SourceId } from "../studio";
import type { GuestState, Other } from "./guest";

export interface StageAsk {
  people: readonly RoomPerson[];
  onAir: SourceId | null;
  own: { source: SourceId; stream: MediaStream | null };
  labels: ReadonlyMap<SourceId, string>; /* of all sources of the show */
  streamOf: (track: MediaStreamTrack) => MediaStream; /* the same for the same track */
}

export type Stage = Pick<GuestState, "large" | "others" | "voices">;

export function stageOf({ people, onAir, own, labels, streamOf }: StageAsk): Stage {
  const stream = (track: MediaStreamTrack | null) => track && streamOf(track);
  const guests = people.filter(({ identity }) => isGuest(identity));
  const program = people.filter(({ identity }) => isHost(identity)).map((host) => trackOf(host, "program")).find((track) => track !== null) ?? null;
  const shown = onAir === own.source ? own.stream : stream(trackOf(guests.find(({ identity }) => identity === onAir), "camera"));
  return {
    large: {
      stream: program ? streamOf(program) : shown,
      of: onAir,
      name: (onAir !== null && labels.get(onAir)) || "",
      isProgram: program !== null,
    },
    others: guests.map((one): Other => ({
      identity: one.identity,
      name: one.name,
      stream: stream(trackOf(one, "camera")),
      isOnAir: one.identity === onAir,
      isMuted: one.tracks.some(({ name, isMuted }) => name === "microphone" && isMuted),
    })),
    voices: people.flatMap((one) => stream(trackOf(one, "microphone")) ?? []),
  };
}
