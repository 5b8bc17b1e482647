/* The guest of this page, and the viewer, put together from their parts. */
import { Api, errorOf } from "./api";
import { createCapture } from "./capture/index";
import { GuestCore } from "./guest/index";
import type { Guest } from "./guest/guest";
import { Line } from "./guest/line";
import { BROWSER_MEDIA } from "./guest/media";
import { ownSound } from "./guest/own-sound";
import { createViewer as makeViewer, type Viewer } from "./guest/viewer";
import { startHelper } from "./helper";
import { invitedAs, readGuest } from "./invitation";
import { OwnRecorder, whyNoRecording } from "./own-recorder";
import { createRoom } from "./room";
import { openSpool } from "./spool/index";
import { keepAwake } from "./wake";

export function createGuest(token: string): Guest {
  const link = invitedAs("guest", token);
  const api = new Api({ token: () => token });
  return new GuestCore(link, {
    api,
    media: BROWSER_MEDIA,
    room: createRoom,
    line: (parts, hooks, sources) => new Line(parts, hooks, sources),
    sound: (heard) => ownSound(link?.source ?? "", heard),
    helper: startHelper,
    keepAwake,
    log: link ? (from) => logFrom(api.fileAddress(link.session, "events.log"), token, from) : undefined,
    own: (own, changed, elsewhere) =>
      new OwnRecorder(own, { api, spool: () => openSpool("phone"), capture: createCapture, whyNot: whyNoRecording, elsewhere }, changed),
  });
}

/* What was added to a log that grows. */
async function logFrom(address: string, token: string, from: number): Promise<Uint8Array> {
  const answer = await fetch(address, { headers: { Authorization: `Bearer ${token}`, Range: `bytes=${from}-` }, cache: "no-store" });
  if (answer.status === 416) return new Uint8Array(); /* nothing new */
  if (!answer.ok) throw await errorOf(answer);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  return answer.status === 200 ? bytes.subarray(from) : bytes;
}

export function createViewer(token: string): Viewer {
  const said = readGuest(token);
  const api = new Api({ token: () => token });
  return makeViewer(said?.role === "viewer" ? said.session : null, { api, room: createRoom });
}
