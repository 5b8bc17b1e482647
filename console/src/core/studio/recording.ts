/* A recording from start to stop, and one of an earlier visit that goes on: cameras held, devices open,
 * the show on the server, then capture. */
import type { Api } from "../api";
import type { Capture } from "../capture";
import type { Leftovers } from "../leftovers";
import { take, type Held } from "../locks";
import { emptyView } from "../log-view";
import { WORDS } from "../notices";
import { load, rememberShow, type SavedShow } from "../saved";
import type { Show } from "../show";
import { firstOnAir, makeSource } from "../sources";
import type { Spool } from "../spool";
import type { Source, SourceId } from "../studio";
import { nextPart } from "../upload/uploads";
import { keepAwake } from "../wake";
import type { Equipment } from "./equipment";
import type { Hearing } from "./hearing";
import { inWords, type Opening } from "./opening";
import type { SourceList } from "./source-list";
import type { State } from "./state";

const STOP_HEARD_MS = 5000; /* how long the server may take to hear of the end before that is said */

export interface RecordingParts {
  api: Api;
  spool: Spool;
  capture: Capture;
  opening: Opening;
  sources: SourceList;
  hearing: Hearing;
  equipment: Equipment;
  leftovers: Leftovers;
  changed: () => void;
}

export class Recording {
  private held: Held[] = [];
  private letSleep: (() => void) | null = null;

  constructor(
    private readonly state: State,
    private readonly parts: RecordingParts,
  ) {}

  async start(): Promise<void> {
    const { state, parts } = this;
    const onAir = firstOnAir(state.get().sources);
    if (onAir === null) throw new Error("Choose at least one camera or screen first.");
    if (state.get().phase !== "setup") return;
    state.set({ phase: "starting" });
    try {
      await this.holdCameras();
      await parts.sources.opened();
      const wasOpen = state.show !== null;
      const show = await parts.opening.open();
      if (wasOpen) parts.sources.tellShow();
      parts.hearing.logGains(show);
      await this.record(show, show.view.directing.onAir ?? onAir, []);
    } catch (error) {
      this.letGo();
      parts.opening.close();
      state.set({ phase: "setup" });
      throw inWords(error);
    }
  }

  async stop(): Promise<void> {
    const { state, parts } = this;
    const { show } = state;
    if (!show || state.get().phase !== "recording") return;
    state.set({ phase: "stopping" });
    parts.hearing.finish(show.now());
    await parts.capture.stop();
    this.letGo();
    if (!(await show.drained(STOP_HEARD_MS))) state.say("stop", WORDS.stopNotReached());
    show.isDeciding = false;
    void parts.opening.finish(show);
    state.set({ phase: "stopped" });
    parts.changed();
  }

  /* From stopped back to set-up, with the same sources. */
  newShow(): void {
    const { state, parts } = this;
    if (state.get().phase !== "stopped") return;
    if (state.show) parts.leftovers.adopt(state.show, state.get().name);
    state.show = null;
    parts.sources.forgetRetired();
    state.set({
      phase: "setup",
      sessionId: null,
      files: [],
      shots: [],
      speech: [],
      shares: {},
      directing: emptyView([], load().settings).directing,
      sources: state.get().sources.map((source) => ({ ...source, isLost: false })),
    });
  }

  /* A show that an earlier visit left and the server still has recording. */
  async resume(sessionId: string): Promise<void> {
    const { state, parts } = this;
    if (state.get().phase !== "setup") throw new Error("Stop this show first.");
    const remembered = load().shows.find((show) => show.sessionId === sessionId);
    state.set({ phase: "starting" });
    try {
      const { show, name } = await parts.leftovers.take(sessionId);
      state.show = show;
      const sources = sourcesOf(show, remembered);
      if (state.get().permission === "unknown" && sources.some(({ picture }) => picture.kind === "camera")) await parts.equipment.askPermission();
      const format = { ...(remembered?.format ?? state.get().format), reduced: null };
      state.set({ name, sessionId, sources, format });
      await parts.capture.setFormat(format);
      show.endEarlier();
      parts.sources.tellCapture();
      await this.holdCameras();
      await parts.sources.opened();
      const onAir = show.view.directing.onAir ?? firstOnAir(sources);
      if (onAir === null) throw new Error("None of this show's cameras is there.");
      await this.record(show, onAir, await this.usedNames(show));
      for (const { id, trouble } of state.get().sources) if (trouble === null) parts.sources.regain(id);
    } catch (error) {
      this.letGo();
      if (state.show) parts.leftovers.adopt(state.show, state.get().name);
      state.show = null;
      state.set({ phase: "setup", sessionId: null });
      throw inWords(error);
    }
  }

  /* What earlier visits recorded, here or (when storage was full) only on the server. */
  private async usedNames(show: Show): Promise<string[]> {
    const manifest = await this.parts.api.session(show.sessionId).catch(() => null);
    const there = [...(manifest?.files ?? []), ...(manifest?.live?.uploads ?? [])];
    return [...show.uploads.names(), ...there.map(({ name }) => name)];
  }

  /* `used`: names that new files may not have. */
  private async record(show: Show, onAir: SourceId, used: string[]): Promise<void> {
    const { state, parts } = this;
    const { format, sources } = state.get();
    rememberShow({
      sessionId: show.sessionId,
      sources: sources.map(({ id, picture, microphone, gainDb }) => ({ id, picture, microphone, gainDb })),
      format,
    });
    show.isDeciding = true;
    await parts.capture.start({
      format,
      clock: () => show.link.clock.time(),
      file: async (name) => show.add(await parts.spool.create(show.sessionId, name)),
      firstPart: (source) => nextPart(used, source),
      onAir,
      lookAheadMs: (show.view.directing.settings["look_ahead"] ?? 0) * 1000,
    });
    this.letSleep = keepAwake();
    state.set({ phase: "recording" });
    /* What was decided since the first picture was chosen. */
    const { onAir: now } = show.view.directing;
    if (now !== null && now !== onAir) parts.capture.cutTo(now, 0, null);
    parts.changed();
  }

  /* No camera is recorded by two tabs. */
  private async holdCameras(): Promise<void> {
    for (const { picture, label } of this.state.get().sources) {
      if (picture.kind !== "camera") continue;
      const held = await take(`camera:${picture.deviceId}`);
      if (held) {
        this.held.push(held);
        continue;
      }
      const { title, text } = WORDS.cameraInOtherTab(label);
      throw new Error(`${title} ${text}`);
    }
  }

  private letGo(): void {
    for (const held of this.held.splice(0)) held.release();
    this.letSleep?.();
    this.letSleep = null;
  }
}

/* As the log has them, with the devices that this browser remembers. */
function sourcesOf(show: Show, remembered: SavedShow | undefined): Source[] {
  return show.view.sources.map((source) => {
    const before = remembered?.sources.find(({ id }) => id === source.id);
    const made = makeSource(source.id, before?.picture ?? { kind: "none" }, before?.microphone ?? null, source.label, source.role, load());
    return { ...made, label: source.label, role: source.role, priority: source.priority ?? 0, gainDb: before?.gainDb ?? made.gainDb };
  });
}
