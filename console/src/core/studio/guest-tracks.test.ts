import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { RoomPerson } from "../room/room";
import { GuestTracks } from "./guest-tracks";

interface FakePlayer {
  sound: string;
  isMuted: boolean;
  isClosed: boolean;
}

const track = (name: string) => name as unknown as MediaStreamTrack;
let players: FakePlayer[];
let changes: string[];
let tracks: GuestTracks;

beforeEach(() => {
  vi.useFakeTimers();
  players = [];
  changes = [];
  tracks = new GuestTracks((id) => changes.push(`${id} ${String(tracks.remoteOf(id).remote ?? "-")}`), {
    stream: (all) => all.join("+") as unknown as MediaStream,
    player: (sound) => {
      const player: FakePlayer = { sound: String(sound), isMuted: false, isClosed: false };
      players.push(player);
      return { setMuted: (isMuted) => void (player.isMuted = isMuted), close: () => void (player.isClosed = true) };
    },
  });
});
afterEach(() => void vi.useRealTimers());

function person(camera: string | null, microphone: string | null, isOff = false): RoomPerson {
  return {
    identity: "cam_2",
    name: "Maya",
    tracks: [
      { name: "camera", kind: "picture", track: camera === null ? null : track(camera), isMuted: isOff },
      { name: "microphone", kind: "sound", track: microphone === null ? null : track(microphone), isMuted: false },
    ],
  };
}

describe("what a guest sends", () => {
  test("becomes one stream when both are here, and stays it", () => {
    tracks.follow("cam_2", person("c", null));
    expect(changes).toEqual([]);
    tracks.follow("cam_2", person("c", "m"));
    tracks.follow("cam_2", person("c", "m"));
    vi.advanceTimersByTime(5000);
    expect(changes).toEqual(["cam_2 c+m"]);
    expect(players.map(({ sound, isMuted }) => [sound, isMuted])).toEqual([["m", false]]);
  });

  test("is taken as it is when the other does not come", () => {
    tracks.follow("cam_2", person("c", null));
    vi.advanceTimersByTime(2100);
    expect(changes).toEqual(["cam_2 c"]);
    expect(tracks.has("cam_2")).toEqual({ picture: true, sound: false });
  });

  test("has no picture while the camera is off", () => {
    tracks.follow("cam_2", person("c", "m"));
    tracks.follow("cam_2", person("c", "m", true));
    vi.advanceTimersByTime(2100);
    tracks.follow("cam_2", person("c2", "m"));
    expect(changes).toEqual(["cam_2 c+m", "cam_2 m", "cam_2 c2+m"]);
    expect(players).toHaveLength(1); /* its sound never stopped */
  });

  test("is gone at once with them, and that is another word than not having been here", () => {
    expect(tracks.remoteOf("cam_2").away).toBe("Not here yet.");
    tracks.follow("cam_2", person("c", "m"));
    tracks.follow("cam_2", undefined);
    expect(changes).toEqual(["cam_2 c+m", "cam_2 -"]);
    expect(tracks.remoteOf("cam_2").away).toContain("left");
    expect(players[0]!.isClosed).toBe(true);
    tracks.follow("cam_2", person("c3", "m3"));
    expect(changes.at(-1)).toBe("cam_2 c3+m3");
  });

  test("is quiet here for as long as that is wanted, whatever they send", () => {
    tracks.setQuiet("cam_2", true);
    tracks.follow("cam_2", person("c", "m"));
    tracks.follow("cam_2", person("c", "m2"));
    expect(players.map(({ isMuted }) => isMuted)).toEqual([true, true]);
    tracks.setQuiet("cam_2", false);
    expect(players[1]!.isMuted).toBe(false);
  });
});
