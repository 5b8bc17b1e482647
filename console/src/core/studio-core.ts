/* The studio of this page: set-up, the show, earlier visits. It holds the state that views see and
 * hands the work to capture, the worker, and a Show (show.ts). */
import { Api, ApiError, logInByAddress } from "./api";
import type { Capture, CaptureEvents, SoundFrames } from "./capture";
import { askForDevices, listDevices, mostHeight } from "./devices";
import { settingsOf } from "./director/patience";
import { bytesPerSecond, probeFormat, START_FORMAT } from "./format";
import { startHelper, type Helper } from "./helper";
import { Leftovers } from "./leftovers";
import { take, type Held } from "./locks";
import { emptyView, FOREVER_S, type LogView } from "./log-view";
import { WORDS, withNotice, withoutNotice } from "./notices";
import { PhoneHost } from "./phone-host";
import { sampleShow, testShow, type Provided } from "./provided";
import { forgetShow, load, microphoneKey, rememberShow, save } from "./saved";
import { Show, type ShowHooks } from "./show";
import { captureSources, firstOnAir, freeId, gainOf, logSources, makeSource, microphoneFor, microphoneOf, savedCameras, voices } from "./sources";
import { isolation, ISOLATION_LEAST_DB, type CheckResult, type Voice } from "./speech/check";
import type { Spool } from "./spool";
import { Store } from "./store";
import type { Device, Format, Meter, Microphone, Notice, Source, SourceId, Studio, StudioState } from "./studio";
import { shares } from "./timeline";
import { nextPart } from "./upload/uploads";
import { keepAwake } from "./wake";
import type { FromWorker } from "./worker";

export interface StudioParts {
  api: Api;
  spool: Spool;
  capture: (format: Format, events: CaptureEvents) => Capture;
  helper?: (answered: (message: FromWorker) => void) => Helper;
}

const TICK_MS = 50;
const SLOW_MS = 1000;
const ROOM_MS = 10_000;
const SLOW_EVENTS_MS = 400; /* events answered slower than that: uploads make room */
const LOW_ROOM_S = 20 * 60;

function startState(): StudioState {
  const saved = load();
  return {
    phase: "setup",
    name: saved.name || "My show",
    sessionId: null,
    permission: globalThis.isSecureContext === false || !navigator.mediaDevices ? "impossible" : "unknown",
    devices: [],
    sources: [],
    format: { ...START_FORMAT, ...saved.format, reduced: null },
    soundCheck: null,
    directing: emptyView([], saved.settings).directing,
    shots: [],
    speech: [],
    shares: {},
    files: [],
    room: { browserFreeBytes: null, serverFreeBytes: null, secondsLeft: null },
    link: { state: "connecting", behindMs: 0, offsetErrorMs: null, roundTripMs: null },
    notices: [],
    unfinished: [],
  };
}

export class StudioCore implements Studio {
  private readonly store = new Store<StudioState>(startState());
  private readonly levels = new Map<SourceId, Meter>();
  private readonly capture: Capture;
  private readonly helper: Helper;
  private readonly phones: PhoneHost;
  private readonly leftovers: Leftovers;
  private show: Show | null = null;
  private voices: Record<SourceId, Voice> = {};
  private retired: Source[] = []; /* sources that went during the show: their ids are not used again */
  private held: Held[] = [];
  private letSleep: (() => void) | null = null;
  private hasChosenFormat = Object.keys(load().format).length > 0;

  constructor(private readonly parts: StudioParts) {
    this.capture = parts.capture(this.store.get().format, {
      stream: (id, stream) => this.patchSource(id, { stream }),
      trouble: (id, why, isPictureGone) => this.trouble(id, why, isPictureGone),
      recordStart: ({ source, name, start, video, audio }) =>
        this.show?.log("record_start", { source: source ?? "program", file: name, start, video, audio }),
      recordStop: ({ source, name, end, gaps }) =>
        this.show?.log("record_stop", { source: source ?? "program", file: name, end, gaps }),
      cut: ({ source, t, decision }) => this.show?.log("cut", { source, t, ...(decision === null ? {} : { decision }) }),
      reduced: (text) => this.reduced(text),
      failed: (name, why) => {
        this.show?.uploads.failed(name, why);
        this.say(`failed:${name}`, WORDS.recordingFailed(name, why));
      },
    });
    this.helper = (parts.helper ?? startHelper)((message) => this.answered(message));
    this.phones = new PhoneHost({
      send: (to, data) => this.show?.link.signal(to, data),
      came: (clientId, source, stream) => this.phoneCame(clientId, source, stream),
    });
    this.leftovers = new Leftovers(parts.api, parts.spool, {
      changed: (unfinished) => this.store.set({ unfinished }),
      hooks: () => this.showHooks(),
      post: (message) => this.helper.post(message),
    });
    this.capture.onSound((frames) => this.hear(frames));
    setInterval(() => this.tick(), TICK_MS);
    setInterval(() => void this.slow(), SLOW_MS);
    navigator.mediaDevices?.addEventListener("devicechange", () => void this.findDevices());
    globalThis.addEventListener?.("beforeunload", (event) => {
      if (this.isRecording()) event.preventDefault();
    });
    globalThis.addEventListener?.("pagehide", () => this.leave());
    void this.begin();
  }

  state = (): StudioState => this.store.get();
  subscribe = (changed: () => void): (() => void) => this.store.subscribe(changed);
  clock = (): number => this.show?.now() ?? 0;
  meters = (): ReadonlyMap<SourceId, Meter> => this.levels;

  /* ---- set-up ---- */

  async askPermission(): Promise<void> {
    if (this.state().permission === "impossible") return this.say("permission", WORDS.noSecureContext());
    this.store.set({ permission: "asking" });
    try {
      await askForDevices();
      this.unsay("permission");
      this.store.set({ permission: "granted" });
      await this.findDevices();
      await this.findFormat();
    } catch {
      this.store.set({ permission: "denied" });
      this.say("permission", WORDS.permissionDenied(), [{ label: "Try again", run: () => void this.askPermission() }]);
    }
  }

  setName(name: string): void {
    this.store.set({ name });
    save({ name });
  }

  addCamera(deviceId: string): void {
    const { devices, sources } = this.state();
    const camera = devices.find((device) => device.deviceId === deviceId);
    if (!camera) return;
    const microphone = microphoneFor(camera, devices, sources);
    this.add({ kind: "camera", deviceId }, microphone, camera.label.replace(/\s*\([0-9a-f]{4}:[0-9a-f]{4}\)$/, ""), "person");
  }

  async addScreen(): Promise<void> {
    this.add({ kind: "screen" }, null, "Screen", "screen");
    await this.settled();
  }

  addMicrophone(microphone: Microphone): void {
    const label = this.state().devices.find((device) => device.deviceId === microphone.deviceId)?.label ?? "Microphone";
    this.add({ kind: "none" }, microphone, label, "mic");
  }

  async addSampleShow(): Promise<void> {
    const found = await sampleShow();
    if (found.length === 0) return this.say("sample", WORDS.noSample());
    this.unsay("sample");
    this.provide(found);
    if (this.state().name === "My show") this.store.set({ name: "Sample show" });
    await this.settled();
  }

  async addPhone(): Promise<string> {
    if (location.protocol !== "https:" && !__TEST__)
      throw new Error(
        "A phone gives its camera to https addresses only, and this is not one. Put Caddy in front of Crosscut (deploy/) and open the console by that address.",
      );
    const id = this.add({ kind: "phone", clientId: null }, "own", "Phone", "person");
    if (id === null) throw new Error("There are sixteen sources already.");
    const show = await this.opened();
    show.log("sources", { sources: this.logSources() });
    const { token } = await this.parts.api.guest(show.sessionId, { role: "camera", source: id, minutes: 12 * 60 });
    return `${location.origin}/#guest=${token}`;
  }

  removeSource(id: SourceId): void {
    const { sources } = this.state();
    const gone = sources.find((source) => source.id === id);
    if (!gone) return;
    if (this.show) {
      this.retired.push(gone);
      this.lose(id, "removed");
    }
    this.store.set({ sources: sources.filter((source) => source !== gone) });
    this.levels.delete(id);
    this.changedSources();
  }

  changeSource(id: SourceId, asked: Parameters<Studio["changeSource"]>[1]): void {
    /* Who sees everybody, or slides, has no voice of its own: its microphone has to be asked for. */
    const isMute = this.state().phase === "setup" && asked.role !== undefined && microphoneOf(asked.role) === null;
    const change: typeof asked = isMute ? { microphone: null, ...asked } : asked;
    this.patchSource(id, change);
    if (change.microphone !== undefined)
      this.patchSource(id, { gainDb: gainOf(change.microphone, load()), isolationDb: null });
    save({ cameras: savedCameras(this.state().sources, load()) });
    if (change.picture !== undefined || change.microphone !== undefined) this.changedSources();
    else this.changedMics();
    this.show?.log("sources", { sources: this.logSources() });
  }

  changeFormat(change: Parameters<Studio["changeFormat"]>[0]): void {
    if (this.state().phase !== "setup") return;
    this.hasChosenFormat = true;
    const format = { ...this.state().format, ...change };
    this.store.set({ format });
    const { reduced: _reduced, ...kept } = format;
    save({ format: kept });
    void this.capture.setFormat(format);
  }

  startSoundCheck(id: SourceId): void {
    this.helper.post({ kind: "check", source: id });
    this.store.set({ soundCheck: { source: id, remainingMs: 5000, heardDb: null } });
  }

  cancelSoundCheck(): void {
    this.helper.post({ kind: "check", source: null });
    this.store.set({ soundCheck: null });
  }

  /* ---- the show ---- */

  async start(): Promise<void> {
    const { sources } = this.state();
    const onAir = firstOnAir(sources);
    if (onAir === null) throw new Error("Choose at least one camera or screen first.");
    if (this.state().phase !== "setup") return;
    this.store.set({ phase: "starting" });
    try {
      await this.holdCameras();
      await this.settled();
      const wasOpen = this.show !== null;
      const show = await this.opened();
      if (wasOpen) show.log("sources", { sources: this.logSources() });
      this.logGains(show);
      await this.record(show, show.view.directing.onAir ?? onAir);
    } catch (error) {
      this.letGo();
      this.closeShow();
      this.store.set({ phase: "setup" });
      throw inWords(error);
    }
  }

  async stop(): Promise<void> {
    const { show } = this;
    if (!show || this.state().phase !== "recording") return;
    this.store.set({ phase: "stopping" });
    this.helper.post({ kind: "finish", t: show.now() });
    await this.capture.stop();
    this.letGo();
    if (!(await show.drained(5000))) this.say("stop", WORDS.stopNotReached());
    show.isDeciding = false;
    void this.finish(show);
    this.store.set({ phase: "stopped" });
    this.project();
  }

  newShow(): void {
    if (this.state().phase !== "stopped") return;
    const settings = load().settings;
    if (this.show) this.leftovers.adopt(this.show, this.state().name);
    this.show = null;
    this.seenView = null;
    this.retired = [];
    this.store.set({
      phase: "setup",
      sessionId: null,
      files: [],
      shots: [],
      speech: [],
      shares: {},
      directing: emptyView([], settings).directing,
      sources: this.state().sources.map((source) => ({ ...source, isLost: false })),
    });
  }

  cut(id: SourceId): void {
    this.show?.log("manual_cut", { source: id });
  }

  wide(): void {
    const wide = this.state().sources.find(({ role, isLost }) => role === "wide" && !isLost);
    if (wide) this.cut(wide.id);
  }

  hold(): void {
    const { onAir } = this.state().directing;
    if (onAir !== null) this.show?.log("manual_cut", { source: onAir, hold: FOREVER_S });
  }

  auto(): void {
    this.show?.log("auto_resume");
  }

  changeSettings(settings: Record<string, number>): void {
    const all = { ...load().settings, ...settings };
    save({ settings: all });
    if (this.show) this.show.log("settings", { settings });
    else this.store.set({ directing: emptyView([], all).directing });
  }

  setPatience(patience: number): void {
    this.changeSettings(settingsOf(patience));
  }

  mark(label: string): void {
    this.show?.log("marker", { kind: "mark", label });
  }

  dismiss(noticeId: string): void {
    this.unsay(noticeId);
  }

  /* ---- earlier visits ---- */

  async resume(sessionId: string): Promise<void> {
    if (this.state().phase !== "setup") throw new Error("Stop this show first.");
    const remembered = load().shows.find((show) => show.sessionId === sessionId);
    this.store.set({ phase: "starting" });
    try {
      const { show, name } = await this.leftovers.take(sessionId);
      this.show = show;
      const sources = show.view.sources.map((source): Source => {
        const before = remembered?.sources.find(({ id }) => id === source.id);
        const microphone = before?.microphone ?? null;
        const made = makeSource(source.id, before?.picture ?? { kind: "none" }, microphone, source.label, source.role, load());
        return { ...made, label: source.label, role: source.role, priority: source.priority ?? 0, gainDb: before?.gainDb ?? made.gainDb };
      });
      if (this.state().permission === "unknown" && sources.some(({ picture }) => picture.kind === "camera")) await this.askPermission();
      const format = { ...(remembered?.format ?? this.state().format), reduced: null };
      this.store.set({ name, sessionId, sources, format });
      await this.capture.setFormat(format);
      show.endEarlier();
      this.changedSources();
      await this.holdCameras();
      await this.settled();
      const onAir = show.view.directing.onAir ?? firstOnAir(sources);
      if (onAir === null) throw new Error("None of this show's cameras is there.");
      await this.record(show, onAir);
      for (const { id, trouble } of this.state().sources) if (trouble === null && show.view.lost.has(id)) this.regain(id);
    } catch (error) {
      this.letGo();
      if (this.show) this.leftovers.adopt(this.show, this.state().name);
      this.show = null;
      this.store.set({ phase: "setup", sessionId: null });
      throw inWords(error);
    }
  }

  async discard(sessionId: string): Promise<void> {
    await this.leftovers.discard(sessionId);
    forgetShow(sessionId);
  }

  /* ---- within ---- */

  private async begin(): Promise<void> {
    try {
      const me = await logInByAddress(this.parts.api, globalThis as unknown as Window);
      if (me === null) this.say("denied", WORDS.denied("This page has no token."));
    } catch (error) {
      this.say("denied", WORDS.denied(error instanceof Error ? error.message : String(error)));
    }
    void this.slow(); /* whether the server is there */
    await this.findDevices().catch(() => {});
    const test = await testShow(location.href).catch(() => null);
    if (test) {
      if (test.name) this.store.set({ name: test.name });
      if (test.recorder) this.changeFormat({ recorder: test.recorder });
      this.provide(test.sources.map(({ label, role, video }) => ({ label, role: role ?? "person", url: video })));
    }
    await this.leftovers.look();
  }

  private isRecording(): boolean {
    return this.state().phase === "recording" || this.state().phase === "stopping" || this.state().phase === "starting";
  }

  /* The show of this page: started on the server when it is not yet. */
  private async opened(): Promise<Show> {
    if (this.show) return this.show;
    const { name, sources } = this.state();
    const started = await this.parts.api.start({ name: name.trim() || "My show", sources: logSources(sources), settings: load().settings });
    const { sessionId, startedAt, uploadToken } = started;
    const show = { sessionId, name: started.name, uploadToken, startedAt };
    await this.parts.spool.begin(show);
    this.show = new Show({
      show,
      sources: started.sources ?? logSources(sources),
      settings: { ...load().settings, ...started.settings },
      api: this.parts.api,
      spool: this.parts.spool,
      token: () => null,
      post: (message) => this.helper.post(message),
      hooks: this.showHooks(),
    });
    this.store.set({ sessionId });
    try {
      await this.show.connected();
      await this.show.link.measure();
    } catch (error) {
      this.closeShow();
      throw error;
    }
    this.show.decider.restart();
    return this.show;
  }

  private async record(show: Show, onAir: SourceId): Promise<void> {
    const { format, sources } = this.state();
    const names = show.uploads.names();
    rememberShow({
      sessionId: show.sessionId,
      sources: sources.map(({ id, picture, microphone, gainDb }) => ({ id, picture, microphone, gainDb })),
      format,
    });
    show.isDeciding = true;
    await this.capture.start({
      format,
      clock: () => show.link.clock.time(),
      file: async (name) => show.add(await this.parts.spool.create(show.sessionId, name)),
      firstPart: (source) => nextPart(names, source),
      onAir,
      lookAheadMs: (show.view.directing.settings["look_ahead"] ?? 0) * 1000,
    });
    this.letSleep = keepAwake();
    this.store.set({ phase: "recording" });
    /* What was decided since the first picture was chosen. */
    const { onAir: now } = show.view.directing;
    if (now !== null && now !== onAir) this.capture.cutTo(now, 0, null);
    this.project();
  }

  private async finish(show: Show): Promise<void> {
    try {
      await show.stop();
      this.unsay("stop");
      if (await show.finish()) forgetShow(show.sessionId);
    } catch (error) {
      this.say("finish", WORDS.uploadFailed("Something of this show", error instanceof Error ? error.message : String(error)));
    }
    this.project();
  }

  private showHooks(): ShowHooks {
    return {
      cutTo: (source, t, decision) => this.capture.cutTo(source, t, decision),
      speaks: (source) => this.capture.prepare(source),
      changed: () => this.project(),
      linkChanged: (state) => {
        if (state === "offline" && this.isRecording()) this.say("link", WORDS.linkDown());
        if (state === "online") {
          this.unsay("link");
          this.unsay("denied");
        }
        this.project();
      },
      denied: (why) => this.say("denied", WORDS.denied(why)),
      refused: (type, why) => {
        if (type !== "epoch") this.say("refused", WORDS.eventRefused(type, why));
      },
      server: ({ storage }) => {
        if (storage?.hasRoom === false) this.say("server-full", WORDS.serverFull());
        else if (storage) this.unsay("server-full");
      },
      signal: (from, data, source) => this.phones.signal(from, data, source),
    };
  }

  /* ---- sources ---- */

  private add(picture: Source["picture"], microphone: Source["microphone"], label: string, role: Source["role"]): SourceId | null {
    const { sources } = this.state();
    const id = freeId([...sources, ...this.retired].map((source) => source.id));
    if (id === null) return null;
    this.store.set({ sources: [...sources, makeSource(id, picture, microphone, label, role, load())] });
    save({ cameras: savedCameras(this.state().sources, load()) });
    this.changedSources();
    if (this.isRecording()) this.show?.log("sources", { sources: this.logSources() });
    return id;
  }

  private provide(found: Provided[]): void {
    for (const { label, role, url } of found) this.add({ kind: "sample", url }, microphoneOf(role), label, role);
  }

  /* All that the show ever had, in order of their numbers: a list never gets shorter. */
  private logSources() {
    const all = [...this.state().sources, ...this.retired];
    return logSources(all.sort((a, b) => Number(a.id.slice(4)) - Number(b.id.slice(4))));
  }

  private setting: Promise<void> = Promise.resolve();

  private changedSources(): void {
    const wanted = captureSources(this.state().sources, this.phones.streams);
    this.setting = this.capture.setSources(wanted).catch((error: unknown) => {
      this.say("sources", WORDS.soundTrouble("A source", error instanceof Error ? error.message : String(error)));
    });
    this.changedMics();
  }

  private settled(): Promise<void> {
    return this.setting;
  }

  private changedMics(): void {
    const mics = voices(this.state().sources).map(({ id, gainDb, priority }) => ({ source: id, gainDb, priorityDb: priority }));
    this.helper.post({ kind: "mics", mics });
  }

  private patchSource(id: SourceId, change: Partial<Source>): void {
    const { sources } = this.state();
    if (!sources.some((source) => source.id === id)) return;
    this.store.set({ sources: sources.map((source) => (source.id === id ? { ...source, ...change } : source)) });
  }

  private trouble(id: SourceId, why: string | null, isPictureGone: boolean): void {
    const source = this.state().sources.find((one) => one.id === id);
    if (!source) return;
    this.patchSource(id, { trouble: why });
    if (why === null) this.unsay(`trouble:${id}`);
    else if (this.isRecording())
      this.say(`trouble:${id}`, isPictureGone ? WORDS.pictureGone(source.label, why) : WORDS.soundTrouble(source.label, why));
    if (isPictureGone || (why !== null && source.picture.kind === "none")) this.lose(id, why ?? "");
    else this.regain(id);
  }

  private lose(id: SourceId, reason: string): void {
    if (!this.show || this.show.view.lost.has(id)) return;
    this.show.log("source_lost", { source: id, reason });
  }

  private regain(id: SourceId): void {
    if (this.show?.view.lost.has(id)) this.show.log("source_back", { source: id });
  }

  private phoneCame(clientId: string, id: SourceId, stream: MediaStream | null): void {
    this.patchSource(id, { picture: { kind: "phone", clientId: stream ? clientId : null } });
    this.changedSources();
  }

  private async findDevices(): Promise<void> {
    if (!navigator.mediaDevices) return;
    const devices: Device[] = await listDevices();
    this.store.set({ devices });
    /* Labels are only given to who has permission. */
    if (devices.some(({ label }) => label && !/^(Camera|Microphone) \d+$/.test(label)) && this.state().permission === "unknown")
      this.store.set({ permission: "granted" });
    if (this.state().permission === "granted" && !devices.some(({ kind }) => kind === "camera"))
      this.say("no-camera", WORDS.noCamera());
    else this.unsay("no-camera");
  }

  private async findFormat(): Promise<void> {
    if (this.hasChosenFormat || this.state().phase !== "setup") return;
    const format = await probeFormat(await mostHeight());
    this.store.set({ format });
    await this.capture.setFormat(format);
  }

  /* No camera is recorded by two tabs. */
  private async holdCameras(): Promise<void> {
    for (const { picture, label } of this.state().sources) {
      if (picture.kind !== "camera") continue;
      const held = await take(`camera:${picture.deviceId}`);
      if (held) this.held.push(held);
      else {
        this.say("other-tab", WORDS.cameraInOtherTab(label));
        throw new Error(WORDS.cameraInOtherTab(label).title);
      }
    }
    this.unsay("other-tab");
  }

  private letGo(): void {
    for (const held of this.held.splice(0)) held.release();
    this.letSleep?.();
    this.letSleep = null;
  }

  private closeShow(): void {
    this.show?.close();
    this.show = null;
    this.store.set({ sessionId: null });
  }

  /* A show that was opened for a phone and never recorded leaves nothing behind. */
  private leave(): void {
    if (!this.show || this.state().phase !== "setup") return;
    void fetch(`/sessions/${this.show.sessionId}`, { method: "DELETE", keepalive: true }).catch(() => {});
  }

  /* ---- sound ---- */

  private hear({ t, mics }: SoundFrames): void {
    /* Before and after, t is not of the session clock. */
    const isShow = this.show !== null && this.state().phase === "recording";
    this.helper.post({ kind: "sound", t, isShow, mics }, mics.map(({ samples }) => samples.buffer as ArrayBuffer));
  }

  private answered(message: FromWorker): void {
    switch (message.kind) {
      case "heard":
        return this.heard(message);
      case "check":
        if (this.state().soundCheck)
          this.store.set({ soundCheck: { source: message.source, remainingMs: message.remainingMs, heardDb: message.heardDb } });
        return;
      case "checked":
        return this.checked(message.source, message.result);
      case "decided":
        return this.show?.answered(message);
      case "failed":
        return this.say("worker", WORDS.workerFailed(message.why));
    }
  }

  private heard({ frames, edges }: Extract<FromWorker, { kind: "heard" }>): void {
    for (const { source, levelDb, peakDb, isSpeaking } of frames) this.levels.set(source, { levelDb, peakDb, isSpeaking });
    if (frames.length > 0) this.capture.setMix(new Map(frames.map(({ source, weight }) => [source, weight])));
    for (const { source, isStart, t, edge } of edges)
      this.show?.log(isStart ? "speaking_start" : "speaking_stop", {
        source,
        t: Math.max(0, Math.round(t)),
        edge_t: Math.max(0, Math.round(edge)),
      });
    this.show?.tick();
  }

  private checked(id: SourceId, result: CheckResult | null): void {
    this.store.set({ soundCheck: null });
    const source = this.state().sources.find((one) => one.id === id);
    if (!source) return;
    if (result === null) return this.say(`unheard:${id}`, WORDS.unheard(source.label));
    this.unsay(`unheard:${id}`);
    this.voices = { ...this.voices, [id]: result.voice };
    this.patchSource(id, { gainDb: result.gainDb });
    if (source.microphone !== null && source.microphone !== "own")
      save({ gains: { ...load().gains, [microphoneKey(source.microphone)]: result.gainDb } });
    for (const one of this.state().sources) this.isolated(one);
    this.changedMics();
    if (this.show) this.logGains(this.show);
  }

  private isolated({ id, label }: Source): void {
    const db = isolation(id, this.voices);
    this.patchSource(id, { isolationDb: db });
    if (db !== null && db < ISOLATION_LEAST_DB) this.say(`isolation:${id}`, WORDS.poorIsolation(label, db));
    else this.unsay(`isolation:${id}`);
  }

  private logGains(show: Show): void {
    const known = this.state().sources.filter(({ gainDb }) => gainDb !== null);
    if (known.length === 0) return;
    const tenth = (db: number) => Math.round(db * 10) / 10;
    show.log("gains", {
      gains: Object.fromEntries(known.map(({ id, gainDb }) => [id, tenth(gainDb!)])),
      isolation: Object.fromEntries(known.flatMap(({ id, isolationDb }) => (isolationDb === null ? [] : [[id, tenth(isolationDb)]]))),
    });
  }

  /* ---- time ---- */

  private tick(): void {
    this.show?.tick();
  }

  private isSlowRunning = false;

  private async slow(): Promise<void> {
    const { show } = this;
    if (this.isSlowRunning) return;
    this.isSlowRunning = true;
    try {
      if (show) this.watchUploads(show);
      this.project();
      await this.measureRoom();
    } finally {
      this.isSlowRunning = false;
    }
  }

  private watchUploads(show: Show): void {
    show.uploads.makeRoom((show.link.clock.roundTrip ?? 0) > SLOW_EVENTS_MS);
    const files = show.uploads.files();
    const stuck = files.find(({ state, trouble }) => state !== "failed" && state !== "done" && trouble !== null);
    if (stuck && show.link.state === "online") this.say("waits", WORDS.uploadWaits(stuck.trouble!));
    else this.unsay("waits");
    for (const { name, state, trouble } of files)
      if (state === "failed" && !this.state().notices.some(({ id }) => id === `failed:${name}`))
        this.say(`upload:${name}`, WORDS.uploadFailed(name, trouble ?? ""));
  }

  private roomAt = -Infinity;

  private async measureRoom(): Promise<void> {
    const now = performance.now();
    if (now < this.roomAt + (this.state().room.serverFreeBytes === null ? SLOW_MS : ROOM_MS)) return;
    this.roomAt = now;
    const browserFreeBytes = await this.parts.spool.freeBytes().catch(() => null);
    const server = await this.parts.api.storage().catch(() => null);
    const rate = bytesPerSecond(this.state().format, this.state().sources.filter(({ picture }) => picture.kind !== "none").length);
    const lasts = [
      browserFreeBytes === null ? null : browserFreeBytes / rate,
      server === null ? null : Math.max(0, server.free - server.reserve) / rate,
    ].filter((seconds) => seconds !== null);
    const secondsLeft = lasts.length > 0 ? Math.floor(Math.min(...lasts)) : null;
    this.store.set({ room: { browserFreeBytes, serverFreeBytes: server?.free ?? null, secondsLeft } });
    const browserLasts = browserFreeBytes === null ? Infinity : browserFreeBytes / rate;
    if (this.isRecording() && browserLasts < LOW_ROOM_S) this.say("browser-full", WORDS.browserFull(`${Math.floor(browserLasts / 60)} minutes`));
    else this.unsay("browser-full");
  }

  /* Show → state. Called on every change, so it is cheap where nothing changed. */
  private project(): void {
    const { show } = this;
    if (!show) return;
    const { view } = show;
    if (view !== this.seenView) this.projectView(view, show);
    const { clock } = show.link;
    const tenth = (ms: number | null) => (ms === null ? null : Math.round(ms * 10) / 10);
    const link = {
      state: show.link.state,
      behindMs: Math.round(show.uploads.behindMs()),
      offsetErrorMs: tenth(clock.error),
      roundTripMs: tenth(clock.roundTrip),
    };
    const { state } = this;
    const old = state();
    this.store.set({
      files: same(old.files, show.uploads.files()),
      link: same(old.link, link),
      directing: same(old.directing, { ...view.directing, next: show.decider.next, decidedBy: show.decider.by }),
      shares: same(old.shares, shares(view.timeline, show.now())),
    });
  }

  private seenView: LogView | null = null;

  private projectView(view: LogView, show: Show): void {
    const before = this.seenView;
    this.seenView = view;
    this.store.set({ shots: view.timeline.shots, speech: view.timeline.speech });
    if (before?.lost !== view.lost)
      for (const { id, isLost } of this.state().sources)
        if (isLost !== view.lost.has(id)) this.patchSource(id, { isLost: view.lost.has(id) });
    void show;
  }

  private reduced(text: string | null): void {
    this.store.set({ format: { ...this.state().format, reduced: text } });
    if (text === null) this.unsay("reduced");
    else this.say("reduced", WORDS.reduced(text));
  }

  private say(id: string, words: Pick<Notice, "level" | "title" | "text">, actions: Notice["actions"] = []): void {
    this.store.set({ notices: withNotice(this.state().notices, id, words, actions) });
  }

  private unsay(id: string): void {
    this.store.set({ notices: withoutNotice(this.state().notices, id) });
  }
}

/* The old value when the new one says the same: so that views do not render for nothing. */
function same<T>(old: T, fresh: T): T {
  return JSON.stringify(old) === JSON.stringify(fresh) ? old : fresh;
}

function inWords(error: unknown): Error {
  if (error instanceof ApiError)
    return new Error(error.status === 0 ? "The server does not answer. Is it running?" : `The server said: ${error.message}`);
  return error instanceof Error ? error : new Error(String(error));
}
