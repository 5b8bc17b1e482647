/* What is said when something is wrong: what it is, what it does not affect, what to do. One table,
 * so that the words are in one place and a test can read them all. */
import type { Notice } from "./studio";

type Words = Pick<Notice, "level" | "title" | "text">;
const say = (level: Notice["level"], title: string, text: string): Words => ({ level, title, text });

export const WORDS = {
  noSecureContext: () =>
    say(
      "error",
      "This browser gives no camera to this address.",
      "Cameras are for https addresses and for this machine itself. Open the console as http://localhost on the machine that runs Crosscut, or put Caddy in front of it for https.",
    ),
  permissionDenied: () =>
    say(
      "error",
      "The browser was told not to use cameras here.",
      "Nothing is lost. Allow camera and microphone in the browser's address bar, then try again.",
    ),
  noCamera: () =>
    say("info", "No camera was found.", "Plug one in, share a screen, or open the sample show to see how it works."),
  linkDown: () =>
    say(
      "warning",
      "The link to the server is down.",
      "Recording goes on in this browser, and this console directs meanwhile. Everything is sent when the link is back. Leave this page open.",
    ),
  denied: (why: string) =>
    say(
      "error",
      "The server does not let this browser in.",
      `${why} Recording goes on in this browser. Open the address that the server printed, with its token.`,
    ),
  pictureGone: (label: string, why: string) =>
    say(
      "warning",
      `${label}: ${why}`,
      "The director has left this source; the others are recorded as before. Its recording goes on in a new part when it is back.",
    ),
  soundTrouble: (label: string, why: string) =>
    say("warning", `${label}: ${why}`, "Its picture is recorded as before, and so is everybody else. See to the microphone when you can."),
  recordingFailed: (name: string, why: string) =>
    say("error", `${name} is not recorded any more: ${why}`, "The other recordings go on. Free some space in this browser, or stop the show when you can."),
  uploadFailed: (name: string, why: string) =>
    say("error", `${name} cannot be sent.`, `${why} It stays in this browser's storage; the show and the other files are not affected.`),
  uploadWaits: (why: string) =>
    say("warning", "Sending waits.", `${why} Recording goes on in this browser's storage.`),
  reduced: (text: string) =>
    say("warning", "This machine is busy: the picture is saved with less detail.", `${text} Size and sound stay as they are. Close other programs or choose a smaller picture next time.`),
  poorIsolation: (label: string, db: number) =>
    say(
      "warning",
      `${label}'s microphone hears the others too well (${db.toFixed(0)} dB apart).`,
      `The recording is not affected, but cuts may come late or go to the wrong person. Move the microphone closer to ${label}, or the people further apart, and check again.`,
    ),
  unheard: (label: string) =>
    say("warning", `${label} was not heard.`, "Nothing was changed. See that the right microphone is chosen and not muted, then check again."),
  cameraInOtherTab: (label: string) =>
    say("warning", `${label} is being recorded in another tab.`, "The other recording goes on. Close that tab, or choose another camera here."),
  browserFull: (left: string) =>
    say("warning", `This browser has room for ${left} more.`, "What was recorded is safe. Free some disk space on this machine; what the server has acknowledged is removed after the show."),
  serverFull: () =>
    say("warning", "The server's disk is nearly full: sending waits.", "Recording goes on in this browser's storage, and the log of the show goes on. Make room on the server; sending then goes on by itself."),
  noSample: () =>
    say("info", "The sample show is not made yet.", "In the folder of Crosscut run: make sample-show. Then start the server again and open it here."),
  eventRefused: (type: string, why: string) =>
    say("warning", `The server did not take a line of the log (${type}).`, `${why} Recording is not affected.`),
  workerFailed: (why: string) =>
    say("error", "Who speaks is not heard.", `${why} Recording goes on; cut by hand, or open this page again after the show.`),
  stopNotReached: () =>
    say("warning", "The server was not told of the end yet.", "Everything is recorded. It is told when it answers again; leave this page open."),
} satisfies Record<string, (...args: never[]) => Words>;

export type NoticeId = string;

export function withNotice(notices: Notice[], id: NoticeId, words: Words, actions: Notice["actions"] = []): Notice[] {
  const before = notices.find((notice) => notice.id === id);
  if (before && before.title === words.title && before.text === words.text) return notices;
  const notice: Notice = { id, ...words, actions };
  return before ? notices.map((one) => (one === before ? notice : one)) : [...notices, notice];
}

export function withoutNotice(notices: Notice[], id: NoticeId): Notice[] {
  return notices.some((notice) => notice.id === id) ? notices.filter((notice) => notice.id !== id) : notices;
}
