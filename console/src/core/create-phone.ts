/* The phone of this page, put together from its parts. */
import { Api } from "./api";
import { createCapture } from "./capture/index";
import { BROWSER, createPhone as makePhone, type Phone } from "./phone";
import { OwnRecorder, whyNoRecording } from "./own-recorder";
import { openSpool } from "./spool/index";

export function createPhone(token: string): Phone {
  return makePhone(token, {
    ...BROWSER,
    own: (guest, changed) =>
      new OwnRecorder(
        guest,
        { api: new Api({ token: () => guest.token }), spool: () => openSpool("phone"), capture: createCapture, whyNot: whyNoRecording },
        changed,
      ),
  });
}
