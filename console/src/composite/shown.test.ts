import { describe, expect, it } from "vitest";
import type { RoomPerson, TrackName } from "../core/room/room";
import { shownOf } from "./shown";

const track = (id: string) => ({ id }) as unknown as MediaStreamTrack;

function person(identity: string, ...names: (TrackName | "muted camera")[]): RoomPerson {
  return {
    identity,
    name: `Name of ${identity}`,
    tracks: names.map((given) => {
      const name = given.replace("muted ", "") as TrackName;
      const kind = name === "camera" || name === "program" ? "picture" : "sound";
      return { name, kind, track: track(`${identity} ${name}`), isMuted: given.startsWith("muted") };
    }),
  };
}

const on = (source: string | null) => ({ source, t: 0, reason: "", seq: 1 });
const idOf = (one: MediaStreamTrack | null) => one?.id ?? null;

describe("the page for LiveKit's Egress", () => {
  const guests = [person("cam_1", "camera", "microphone"), person("cam_2", "camera", "microphone")];

  it("shows the source that the program is on, and plays everybody", () => {
    const shown = shownOf({ people: guests, program: on("cam_2") });
    expect(idOf(shown.picture)).toBe("cam_2 camera");
    expect(shown.sounds.map(idOf)).toEqual(["cam_1 microphone", "cam_2 microphone"]);
    expect(shown.pictures.map(idOf)).toEqual(["cam_1 camera", "cam_2 camera"]);
  });

  it("shows a name where that source has no picture, and nothing where nobody is on", () => {
    const muted = [person("cam_1", "muted camera", "microphone"), guests[1]!];
    expect(shownOf({ people: muted, program: on("cam_1") })).toMatchObject({ picture: null, name: "Name of cam_1" });
    expect(shownOf({ people: guests, program: null })).toMatchObject({ picture: null, name: "" });
    expect(shownOf({ people: guests, program: on("cam_9") })).toMatchObject({ picture: null, name: "" });
  });

  it("shows the program of a console for a source that is not in the room, and plays its sound alone", () => {
    const people = [...guests, person("host-1", "program", "program-sound")];
    const local = shownOf({ people, program: on("cam_3") });
    expect(idOf(local.picture)).toBe("host-1 program");
    expect(local.sounds.map(idOf)).toEqual(["host-1 program-sound"]);
    expect(idOf(shownOf({ people, program: on("cam_1") }).picture)).toBe("cam_1 camera");
  });
});
