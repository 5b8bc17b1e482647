/* The studio of this page: set-up, the show, earlier visits. Each job is in a file of its own; here they
 * are put together, and each thing that views may ask goes to the one whose job it is. */
import { logInByAddress, type Api } from "../api";
import type { Capture, CaptureEvents } from "../capture";
import { startHelper, type Helper } from "../helper";
import { Leftovers } from "../leftovers";
import { WORDS } from "../notices";
import { testShow } from "../provided";
import { forgetShow, save } from "../saved";
import type { Room, RoomAsk } from "../room/room";
import type { Spool } from "../spool";
import type { Remote } from "../sources";
import type { Format, Meter, Source, SourceId, Studio, StudioState } from "../studio";
import type { FromWorker } from "../worker";
import { Directing } from "./directing";
import { Equipment } from "./equipment";
import type { TrackParts } from "./guest-tracks";
import { Guests } from "./guests";
import { Health } from "./health";
import { Hearing } from "./hearing";
import { Opening } from "./opening";
import { Phones } from "./phones";
import { Projection } from "./projection";
import { Recording } from "./recording";
import { SourceList } from "./source-list";
import { State } from "./state";

export interface StudioParts {
  api: Api;
  spool: Spool;
  capture: (format: Format, events: CaptureEvents) => Capture;
  helper?: (answered: (message: FromWorker) => void) => Helper;
  room?: (ask: RoomAsk) => Room; /* of LiveKit; missing: no guests */
  tracks?: TrackParts;
  base?: string; /* of the server; default: this page's */
}

const TICK_MS = 50;
const LOOK_MS = 1000;

export class StudioCore implements Studio {
  private readonly shared = new State();
  private readonly projection = new Projection(this.shared);
  private readonly directing = new Directing(this.shared);
  private readonly health: Health;
  private readonly equipment: Equipment;
  private readonly sources: SourceList;
  private readonly hearing: Hearing;
  private readonly opening: Opening;
  private readonly phones: Phones;
  private readonly guests: Guests;
  private readonly leftovers: Leftovers;
  private readonly recording: Recording;

  constructor(private readonly parts: StudioParts) {
    const { shared } = this;
    const { api, spool } = parts;
    const changed = () => this.projection.update();
    const capture = parts.capture(shared.get().format, this.captureEvents());
    const helper = (parts.helper ?? startHelper)((message) => this.hearing.answered(message));
    this.health = new Health(shared, parts);
    this.equipment = new Equipment(shared, capture);
    this.sources = new SourceList(shared, capture, helper, (source) => this.remoteOf(source));
    this.hearing = new Hearing(shared, capture, helper, this.sources, (edge) => this.guests.events.takes(edge));
    this.opening = new Opening(shared, parts, capture, helper, {
      changed,
      told: (line) => this.guests.told(line),
      server: (state) => this.guests.server(state),
      signal: (from, data, source) => this.phones.host.signal(from, data, source),
    });
    this.phones = new Phones(shared, api, this.sources, this.opening);
    this.guests = new Guests(shared, { api, capture, sources: this.sources, opening: this.opening, room: parts.room, tracks: parts.tracks });
    this.leftovers = new Leftovers(api, spool, {
      changed: (unfinished) => shared.set({ unfinished }),
      isOpen: (sessionId) => shared.show?.sessionId === sessionId,
      hooks: () => this.opening.hooks(),
      post: (message) => helper.post(message),
    });
    const { opening, sources, hearing, equipment, leftovers } = this;
    this.recording = new Recording(shared, { api, spool, capture, opening, sources, hearing, equipment, leftovers, changed });
    this.watch();
    void this.begin();
  }

  state = (): StudioState => this.shared.get();
  subscribe = (changed: () => void): (() => void) => this.shared.subscribe(changed);
  clock = (): number => this.shared.show?.now() ?? 0;
  meters = (): ReadonlyMap<SourceId, Meter> => this.hearing.meters;

  /* ---- set-up ---- */

  askPermission = () => this.equipment.askPermission();
  changeFormat: Studio["changeFormat"] = (change) => this.equipment.changeFormat(change);
  addCamera: Studio["addCamera"] = (deviceId) => this.sources.addCamera(deviceId);
  addScreen = () => this.sources.addScreen();
  addMicrophone: Studio["addMicrophone"] = (microphone) => this.sources.addMicrophone(microphone);
  addSampleShow = () => this.sources.addSampleShow();
  addPhone = () => this.phones.add();
  addGuest: Studio["addGuest"] = (label) => this.guests.add(label);
  guestLink: Studio["guestLink"] = (id) => this.guests.link(id);
  startSoundCheck: Studio["startSoundCheck"] = (id) => this.hearing.startCheck(id);
  cancelSoundCheck = () => this.hearing.cancelCheck();

  setName(name: string): void {
    this.shared.set({ name });
    save({ name });
  }

  changeSource: Studio["changeSource"] = (id, change) => {
    if (change.microphone !== undefined) this.hearing.forget(id);
    this.sources.change(id, change);
  };

  removeSource(id: SourceId): void {
    this.sources.remove(id);
    this.hearing.forget(id);
    this.guests.forget(id);
  }

  /* ---- guests ---- */

  muteGuest: Studio["muteGuest"] = (id) => this.guests.mute(id);
  askToUnmute: Studio["askToUnmute"] = (id) => this.guests.askToUnmute(id);
  quietGuest: Studio["quietGuest"] = (id, isQuiet) => this.guests.setQuiet(id, isQuiet);
  letStudioBeHeard: Studio["letStudioBeHeard"] = (isHeard) => this.guests.letStudioBeHeard(isHeard);
  say: Studio["say"] = (text) => this.guests.say(text);

  async removeGuest(id: SourceId): Promise<void> {
    await this.guests.remove(id);
    this.hearing.forget(id);
  }

  /* ---- the show ---- */

  start = () => this.recording.start();
  stop = () => this.recording.stop();
  newShow = () => this.recording.newShow();
  cut: Studio["cut"] = (id) => this.directing.cut(id);
  wide = () => this.directing.wide();
  hold = () => this.directing.hold();
  auto = () => this.directing.auto();
  mark: Studio["mark"] = (label) => this.directing.mark(label);
  changeSettings: Studio["changeSettings"] = (settings) => this.directing.changeSettings(settings);
  setPatience: Studio["setPatience"] = (patience) => this.directing.setPatience(patience);
  dismiss: Studio["dismiss"] = (noticeId) => this.shared.unsay(noticeId);

  /* ---- earlier visits ---- */

  resume: Studio["resume"] = (sessionId) => this.recording.resume(sessionId);

  async discard(sessionId: string): Promise<void> {
    await this.leftovers.discard(sessionId);
    forgetShow(sessionId);
  }

  /* ---- within ---- */

  private captureEvents(): CaptureEvents {
    const log = (type: string, members: object) => void this.shared.show?.log(type, members);
    return {
      stream: (id, stream) => this.shared.change(id, { stream }),
      trouble: (id, why, isPictureGone) => this.sources.trouble(id, why, isPictureGone),
      recordStart: ({ source, name, start, video, audio }) => log("record_start", { source: source ?? "program", file: name, start, video, audio }),
      recordStop: ({ source, name, end, gaps }) => log("record_stop", { source: source ?? "program", file: name, end, gaps }),
      cut: ({ source, t, decision }) => log("cut", { source, t, ...(decision === null ? {} : { decision }) }),
      reduced: (text) => this.health.reduced(text),
      failed: (name, why) => this.health.failed(name, why),
    };
  }

  /* What comes over a network: of a phone that is here, or of a guest. */
  private remoteOf({ id, picture }: Source): Remote {
    if (picture.kind === "guest") return this.guests.remoteOf(id);
    const remote = picture.kind === "phone" && picture.clientId !== null ? this.phones.host.streams.get(picture.clientId) : undefined;
    return remote ? { remote } : {};
  }

  private watch(): void {
    setInterval(() => this.shared.show?.tick(), TICK_MS);
    setInterval(() => {
      this.projection.update();
      this.guests.look();
      void this.health.look();
    }, LOOK_MS);
    globalThis.addEventListener?.("beforeunload", (event) => {
      if (this.shared.isBusy) event.preventDefault();
    });
    globalThis.addEventListener?.("pagehide", () => {
      this.guests.leave();
      this.opening.leave();
    });
  }

  private async begin(): Promise<void> {
    await this.logIn();
    void this.health.look(); /* whether the server is there */
    await this.equipment.find().catch(() => {});
    if (__TEST__) await this.provideTestShow();
    await this.leftovers.look();
  }

  private async logIn(): Promise<void> {
    try {
      const me = await logInByAddress(this.parts.api, globalThis as unknown as Window);
      this.guests.setCan(me?.livekit ?? false);
      if (me === null) this.shared.say("denied", WORDS.denied("This page has no token."));
    } catch (error) {
      this.shared.say("denied", WORDS.denied(error instanceof Error ? error.message : String(error)));
    }
  }

  private async provideTestShow(): Promise<void> {
    const test = await testShow(globalThis.location?.href ?? "about:blank").catch(() => null);
    if (!test) return;
    if (test.name) this.shared.set({ name: test.name });
    if (test.recorder) this.changeFormat({ recorder: test.recorder });
    this.sources.addProvided(test.sources.map(({ label, role, video }) => ({ label, role: role ?? "person", url: video })));
  }
}
