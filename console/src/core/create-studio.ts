/* The studio of this page, put together from its parts. */
import { Api } from "./api";
import { createCapture } from "./capture/index";
import { createRoom } from "./room/index";
import { openSpool } from "./spool/index";
import { StudioCore } from "./studio/index";
import type { Studio } from "./studio";

export function createStudio(api: Api = new Api()): Studio {
  return new StudioCore({ api, spool: openSpool(), capture: createCapture, room: createRoom });
}
