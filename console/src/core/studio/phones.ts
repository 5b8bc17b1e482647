/* Phones as cameras: a link for each, made before or in the show; their pictures come over WebRTC. */
import type { Api } from "../api";
import { PhoneHost } from "../phone-host";
import type { Opening } from "./opening";
import type { SourceList } from "./source-list";
import type { State } from "./state";

const LINK_MINUTES = 12 * 60;

export class Phones {
  readonly host: PhoneHost;

  constructor(
    state: State,
    private readonly api: Api,
    private readonly sources: SourceList,
    private readonly opening: Opening,
  ) {
    this.host = new PhoneHost({
      send: (to, data) => state.show?.link.signal(to, data),
      came: (clientId, source, stream) => sources.phoneCame(clientId, source, stream),
    });
  }

  /* The address that the phone opens. */
  async add(): Promise<string> {
    if (location.protocol !== "https:" && !__TEST__)
      throw new Error(
        "A phone gives its camera to https addresses only, and this is not one. Put Caddy in front of Crosscut (deploy/) and open the console by that address.",
      );
    const id = this.sources.addPhone();
    if (id === null) throw new Error("There are sixteen sources already.");
    const show = await this.opening.open();
    this.sources.tellShow();
    const { token } = await this.api.guest(show.sessionId, { role: "camera", source: id, minutes: LINK_MINUTES });
    return `${location.origin}/#guest=${token}`;
  }
}
