/* One microphone in the AudioContext that the studio uses too. */
import { Sound } from "../capture/sound";
import type { SoundMessage } from "../capture/protocol";
import type { OwnSound } from "./hearing";

const GESTURES = ["pointerdown", "keydown"]; /* after which browsers let sound begin */

export function ownSound(source: string, heard: (message: SoundMessage) => void): OwnSound {
  const sound = new Sound(heard);
  let node: MediaStreamAudioSourceNode | null = null;
  let turn: Promise<unknown> = Promise.resolve();
  const touched = () => sound.resume();
  for (const gesture of GESTURES) document.addEventListener(gesture, touched);
  return {
    listen(track) {
      turn = turn.then(async () => {
        await sound.disconnect(source);
        node?.disconnect();
        node = track && sound.context.createMediaStreamSource(new MediaStream([track]));
        if (node) await sound.connect(source, node, 0, 1);
      }).catch(() => undefined); /* the page went */
    },
    resume: () => sound.resume(),
    close() {
      for (const gesture of GESTURES) document.removeEventListener(gesture, touched);
      sound.close();
    },
  };
}
