/* What is said when something is wrong: what it is, what it does not affect, what to do. One table,
 * so that the words are in one place and a test can read them all. */
import type { Notice, Picture } from "./studio";

type Words = Pick<Notice, "level" | "title" | "text">;
const say = (level: Notice["level"], title: string, text: string): Words => ({ level, title, text });

/* "Maya, Tomas and Ines" */
function inALine(labels: readonly string[]): string {
  return [...labels.slice(0, -2), labels.slice(-2).join(" and ")].join(", ");
}

/* How a picture comes back. */
const BACK: Partial<Record<Picture["kind"], string>> = {
  camera: "Plug it in again, or see whether another program uses it.",
  screen: "Share it again when you need it.",
  phone: "Open the link on the phone again.",
  guest: "Their page tries to come back by itself; they can also open their link again.",
};

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
  liveImpossible: () =>
    say(
      "warning",
      "This browser cannot send the program live.",
      "Viewers see a slate. The show is recorded all the same. Chrome and Edge can send it; choose WebCodecs as the recorder where there is a choice.",
    ),
  roomFailing: (why: string) =>
    say("warning", "Guests from elsewhere cannot be reached.", `${why} It is tried again. The show goes on and is recorded; guests' own pages go on recording them.`),
  guestsSeeNothing: () =>
    say("info", "Guests do not see the program.", "This browser cannot show it to them; they hear this room and each other. Chrome and Edge can."),
  linkDown: () =>
    say(
      "warning",
      "The link to the server is down.",
      "Recording goes on in this browser, and so does cutting. Everything is sent when the link is back; keep this page open.",
    ),
  denied: (why: string) =>
    say(
      "error",
      "The server does not let this browser in.",
      `${why} What runs goes on in this browser. Open the address that the server printed, with its token.`,
    ),
  pictureGone: (label: string, why: string, kind: Picture["kind"] = "camera") =>
    say(
      "warning",
      `${label}: ${why}`,
      `The show goes on with the others, and they are recorded as before. ${BACK[kind] ?? ""} When it is back, its recording goes on as a new part.`.replace("  ", " "),
    ),
  soundTrouble: (label: string, why: string) =>
    say("warning", `${label}: ${why}`, `All pictures are recorded as before, but ${label} is not heard: the show does not cut there by itself. See to the microphone; it goes on when it is back.`),
  sourcesNotOpened: (why: string) =>
    say("error", `A camera or microphone could not be opened: ${why}`, "The others are not affected. Take it away and add it again."),
  recordingFailed: (name: string, why: string) =>
    say("error", `${name} is not recorded any more: ${why}`, "The other recordings go on. Free some space in this browser, or stop the show when you can."),
  uploadFailed: (name: string, why: string) =>
    say("error", `${name} cannot be sent.`, `${why} It stays in this browser's storage; the show and the other files are not affected.`),
  uploadWaits: (why: string) =>
    say("warning", "Sending waits.", `${why} Recording goes on in this browser's storage.`),
  reduced: (text: string) =>
    say("warning", "The picture is saved with less detail.", `${text} Its size and the sound stay as they are. Close other programs, or choose a smaller picture next time.`),
  /* `labels`: of those whose microphones hear the others too well. */
  poorIsolation: (labels: readonly string[]) =>
    say(
      "warning",
      labels.length === 1
        ? `${labels[0]}'s microphone hears the others nearly as loud, or louder.`
        : `The microphones of ${inALine(labels)} hear the others nearly as loud, or louder.`,
      "The recording is not affected, but cuts may come late or go to the wrong person. Move microphones nearer to their people, or the people further apart, and check the sound again.",
    ),
  unheard: (label: string) =>
    say("warning", `${label} was not heard.`, "Nothing was changed. See that the right microphone is chosen and not muted, then check again."),
  cameraInOtherTab: (label: string) =>
    say("warning", `${label} is being recorded in another tab.`, "That recording is not affected. End it there, or take this camera away here."),
  browserLow: (minutes: number) =>
    say(
      "warning",
      `This browser has room for ${minutes === 1 ? "one more minute" : `${minutes} more minutes`}.`,
      "What was recorded is safe. Make room on this machine's disk; when this browser is full, recordings go straight to the server.",
    ),
  browserFull: (isOnline: boolean) =>
    say(
      "warning",
      "This browser's storage is full.",
      isOnline
        ? "Recording goes on: what comes now goes straight to the server. Keep this page open until everything is sent, and make room on this machine's disk."
        : "Recording goes on in memory for a few minutes, but the server cannot be reached either. Keep this page open, and make room on this machine's disk.",
    ),
  serverFull: () =>
    say("warning", "The server's disk is nearly full: sending waits.", "Recording and cutting go on, and what is recorded is kept in this browser. Make room on the server; sending then goes on by itself."),
  noSample: () =>
    say("info", "The sample show is not made yet.", "In the folder of Crosscut run: make sample-show. Then start the server again and open it here."),
  eventRefused: (type: string, why: string) =>
    say("warning", `The server did not write down what happened just now (${type}).`, `${why} Recording is not affected.`),
  workerFailed: (why: string) =>
    say("error", "The show cannot hear who speaks.", `${why} Recording goes on; cut by hand, or load this page again.`),
  stopNotReached: () =>
    say("warning", "The server does not know yet that the show is over.", "Everything is recorded. The server is told when it answers again; keep this page open."),
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
