/* What this page publishes: wishes that outlast the room. The tracks are the caller's: they are never
 * stopped here. A muted microphone is silent as a track, in recordings of it too. */
import type { LocalTrackPublication, Room as LiveRoom, TrackPublishOptions } from "livekit-client";
import type { TrackName } from "./room";

type Livekit = typeof import("livekit-client");

const AGAIN_MS = 3000;

/* Guests' microphones are sources of a show: neither pauses nor the sound of a telephone. */
function optionsOf({ Track }: Livekit, name: TrackName): TrackPublishOptions {
  const sound = { dtx: false, red: false };
  switch (name) {
    case "camera":
      return { name, source: Track.Source.Camera, simulcast: true, videoEncoding: { maxBitrate: 2_500_000, maxFramerate: 30 }, degradationPreference: "maintain-resolution" };
    case "microphone":
      return { name, source: Track.Source.Microphone, audioPreset: { maxBitrate: 64_000 }, ...sound };
    case "program":
      return {
        name,
        source: Track.Source.Unknown,
        simulcast: false,
        videoEncoding: { maxBitrate: 4_000_000, maxFramerate: 30 },
        degradationPreference: "maintain-resolution",
      };
    case "program-sound":
      return { name, source: Track.Source.Unknown, audioPreset: { maxBitrate: 128_000 }, forceStereo: true, ...sound };
  }
}

export class Publisher {
  isMuted = false; /* the microphone */
  private wishes = new Map<TrackName, MediaStreamTrack>();
  private turn: Promise<void> = Promise.resolve();
  private livekit: Livekit | null = null;
  private room: LiveRoom | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;

  wish(name: TrackName, track: MediaStreamTrack | null): void {
    if (track) this.wishes.set(name, track);
    else this.wishes.delete(name);
    if (name === "microphone" && track) track.enabled = !this.isMuted;
    this.inTurn();
  }

  mute(isMuted: boolean): void {
    this.isMuted = isMuted;
    const microphone = this.wishes.get("microphone");
    if (microphone) microphone.enabled = !isMuted;
    this.inTurn();
  }

  /* Somebody else muted it, or it is as it was asked to be. */
  heardMuted(isMuted: boolean): void {
    this.isMuted = isMuted;
  }

  use(livekit: Livekit | null, room: LiveRoom | null): void {
    this.livekit = livekit;
    this.room = room;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.inTurn();
  }

  private inTurn(): void {
    const { room } = this;
    this.turn = this.turn
      .then(() => this.sync())
      .catch(() => {
        if (room === null || room !== this.room) return;
        this.timer ??= setTimeout(() => {
          this.timer = null;
          this.inTurn();
        }, AGAIN_MS);
      });
  }

  private async sync(): Promise<void> {
    const { room, livekit } = this;
    if (!room || !livekit || room.state !== livekit.ConnectionState.Connected) return;
    const own = room.localParticipant;
    const published = new Map([...own.trackPublications.values()].map((one) => [one.trackName, one as LocalTrackPublication]));
    for (const [name, { track }] of published) if (track && !this.wishes.has(name as TrackName)) await own.unpublishTrack(track, false);
    for (const [name, wish] of [...this.wishes]) {
      if (room !== this.room) return;
      const track = published.get(name)?.track;
      if (!track) await own.publishTrack(wish, optionsOf(livekit, name));
      else if (track.mediaStreamTrack !== wish) await track.replaceTrack(wish, true);
    }
    await this.syncMute(own.trackPublications);
  }

  private async syncMute(publications: ReadonlyMap<string, unknown>): Promise<void> {
    for (const one of publications.values() as Iterable<LocalTrackPublication>) {
      if (one.trackName !== "microphone" || one.isMuted === this.isMuted) continue;
      if (this.isMuted) await one.mute();
      else await one.unmute();
    }
  }
}
