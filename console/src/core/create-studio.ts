/* The studio of this page, put together from its parts; likewise the camera that a phone is. */
import { Api } from "./api";
import { createCapture } from "./capture/index";
import { openSpool } from "./spool/index";
import { openPhone, type Phone } from "./phone";
import { StudioCore } from "./studio-core";
import type { Studio } from "./studio";

export function createStudio(api: Api = new Api()): Studio {
  return new StudioCore({ api, spool: openSpool(), capture: createCapture });
}

export function createPhone(token: string): Phone {
  return openPhone(token, { spool: openSpool(), capture: createCapture });
}
