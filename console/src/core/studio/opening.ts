/* The show of this page on the server: opened (for recording, or before it for a phone), connected, told
 * of its end; and what its link, log and director say, handed on to who has to know. */
import { ApiError, type Api, type LiveShow } from "../api";
import type { Capture } from "../capture";
import type { Helper } from "../helper";
import { WORDS } from "../notices";
import type { ServerState } from "../link/link";
import { forgetShow, load } from "../saved";
import { Show, type ShowHooks } from "../show";
import { logSources } from "../sources";
import type { Spool } from "../spool";
import { UNNAMED, type State } from "./state";

export interface OpeningOut {
  /* The log, the uploads or the link changed. */
  changed(): void;
  told: ShowHooks["told"];
  server(state: ServerState): void;
  /* Of a phone. */
  signal(from: string, data: unknown, source: string | null): void;
}

export class Opening {
  private opening: Promise<Show> | null = null;

  constructor(
    private readonly state: State,
    private readonly parts: { api: Api; spool: Spool; base?: string },
    private readonly capture: Capture,
    private readonly helper: Helper,
    private readonly out: OpeningOut,
  ) {}

  /* Started on the server when it is not yet. */
  open(): Promise<Show> {
    if (this.opening) return this.opening;
    if (this.state.show) return Promise.resolve(this.state.show);
    this.opening = this.openNow().finally(() => (this.opening = null));
    return this.opening;
  }

  private async openNow(): Promise<Show> {
    const show = await this.start();
    this.state.show = show;
    this.state.set({ sessionId: show.sessionId });
    try {
      await show.connected();
      await show.link.measure();
    } catch (error) {
      this.close();
      throw error;
    }
    show.decider.restart();
    return show;
  }

  private async start(): Promise<Show> {
    const { name, sources } = this.state.get();
    const { api, spool } = this.parts;
    const { settings } = load();
    const started = await api.start({ name: name.trim() || UNNAMED, sources: logSources(sources), settings });
    const { sessionId, startedAt, uploadToken } = started;
    const show = { sessionId, name: started.name, uploadToken, startedAt };
    await spool.begin(show);
    return new Show({
      show,
      sources: started.sources ?? logSources(sources),
      settings: { ...settings, ...started.settings },
      api,
      spool,
      base: this.parts.base,
      token: () => null,
      post: (message) => this.helper.post(message),
      hooks: this.hooks(),
    });
  }

  /* What a show tells the page that records it. */
  hooks(): ShowHooks {
    const { state, capture } = this;
    return {
      cutTo: (source, t, decision) => capture.cutTo(source, t, decision),
      speaks: (source) => capture.prepare(source),
      told: (line) => this.out.told(line),
      changed: () => this.out.changed(),
      linkChanged: (link) => {
        if (link === "offline" && state.isBusy) state.say("link", WORDS.linkDown());
        if (link === "online") {
          state.unsay("link");
          state.unsay("denied");
        }
        this.out.changed();
      },
      denied: (why) => state.say("denied", WORDS.denied(why)),
      refused: (type, why) => {
        if (type !== "epoch") state.say("refused", WORDS.eventRefused(type, why));
      },
      server: (said) => {
        const { storage, live } = said;
        this.setLive(live ?? null);
        this.out.server(said);
        if (storage?.hasRoom === false) state.say("server-full", WORDS.serverFull());
        else if (storage) state.unsay("server-full");
      },
      signal: (from, data, source) => this.out.signal(from, data, source),
    };
  }

  /* While it is on air the program goes there, whoever asked for it. */
  private setLive(live: LiveShow | null): void {
    const { sessionId } = this.state.get();
    const isOn = sessionId !== null && isOnAir(live) && (live.egress ?? "console") === "console";
    const isSent = this.capture.setLive(isOn ? this.parts.api.programAddress(sessionId) : null);
    if (isOn && !isSent) this.state.say("live", WORDS.liveImpossible());
    else this.state.unsay("live");
    this.state.set({ live });
  }

  /* After the stop: tells the server, sends the rest, and removes from this browser what it has. */
  async finish(show: Show): Promise<void> {
    try {
      await show.stop();
      this.state.unsay("stop");
      if (await show.finish()) forgetShow(show.sessionId);
    } catch (error) {
      this.state.say("finish", WORDS.uploadFailed("Something of this show", error instanceof Error ? error.message : String(error)));
    }
    this.out.changed();
  }

  close(): void {
    this.state.show?.close();
    this.state.show = null;
    this.state.set({ sessionId: null, live: null });
    this.capture.setLive(null);
  }

  /* The page closes. A show that was opened for a phone and never recorded leaves nothing behind. */
  leave(): void {
    const { show } = this.state;
    if (!show || this.state.get().phase !== "setup") return;
    void fetch(`/sessions/${show.sessionId}`, { method: "DELETE", keepalive: true }).catch(() => {});
  }
}

export function isOnAir(live: LiveShow | null): live is LiveShow {
  return live !== null && (live.state === "live" || live.state === "connecting");
}

/* What went wrong, for people. */
export function inWords(error: unknown): Error {
  if (error instanceof ApiError)
    return new Error(error.status === 0 ? "The server does not answer. Is it running?" : `The server said: ${error.message}`);
  return error instanceof Error ? error : new Error(String(error));
}
