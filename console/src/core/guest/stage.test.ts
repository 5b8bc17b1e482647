import { expect, test } from "vitest";
import type { RoomPerson, TrackName } from "../room/room";
import { guestWants } from "./index";
import { stageOf } from "./stage";

const OWN = { source: "cam_2", stream: { id: "own" } as MediaStream };
const LABELS = new Map([["cam_1", "Maya"], ["cam_2", "Tomas"], ["cam_3", "Ines"]]);
const streamOf = (track: MediaStreamTrack) => ({ id: `of ${track.id}` }) as MediaStream;

function person(identity: string, ...names: TrackName[]): RoomPerson {
  return {
    identity,
    name: identity,
    tracks: names.map((name) => ({ name, kind: name === "camera" || name === "program" ? "picture" : "sound", track: { id: `${identity} ${name}` } as MediaStreamTrack, isMuted: false })),
  };
}
const stage = (people: RoomPerson[], onAir: string | null) => stageOf({ people, onAir, own: OWN, labels: LABELS, streamOf });

test("the program is large where a host publishes it", () => {
  const { large } = stage([person("host-a", "program", "microphone"), person("cam_3", "camera")], "cam_3");
  expect([large.stream?.id, large.name, large.isProgram]).toEqual(["of host-a program", "Ines", true]);
});

test("without a program the person on air is large, who may be oneself", () => {
  const people = [person("host-a"), person("cam_3", "camera")];
  expect(stage(people, "cam_3").large).toMatchObject({ stream: { id: "of cam_3 camera" }, name: "Ines", isProgram: false });
  expect(stage(people, "cam_2").large).toMatchObject({ stream: { id: "own" }, name: "Tomas" });
  expect(stage(people, "cam_1").large).toMatchObject({ stream: null, name: "Maya" });
  expect(stage(people, null).large).toMatchObject({ stream: null, name: "" });
});

test("everybody else's voice is heard, that of hosts too, and guests are seen small", () => {
  const muted = person("cam_3", "camera", "microphone");
  muted.tracks[1]!.isMuted = true;
  const { voices, others } = stage([person("host-a", "program", "microphone"), muted, person("cam_1", "microphone")], "cam_1");
  expect(voices.map(({ id }) => id)).toEqual(["of host-a microphone", "of cam_1 microphone"]);
  expect(others.map(({ identity, isOnAir, isMuted, stream }) => [identity, isOnAir, isMuted, stream !== null])).toEqual([
    ["cam_3", false, true, true],
    ["cam_1", true, false, false],
  ]);
});

test("nobody is given their own voice, nor the program's sound in which they would hear it", () => {
  const wants = guestWants("cam_2");
  const all: TrackName[] = ["camera", "microphone", "program", "program-sound"];
  const wanted = (identity: string) => all.filter((name) => wants(identity, name));
  expect(wanted("host-a")).toEqual(["camera", "microphone", "program"]);
  expect(wanted("cam_3")).toEqual(["camera", "microphone"]);
  expect(wanted("cam_2")).toEqual([]);
  expect(wanted("viewer-x")).toEqual([]);
});
