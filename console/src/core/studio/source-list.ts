/* The list of sources: who is added, changed, taken away, lost and found again; capture, the worker and
 * the log are told of it here. */
import type { Capture } from "../capture";
import type { LogSource } from "../event";
import type { Helper } from "../helper";
import { WORDS } from "../notices";
import { sampleShow, type Provided } from "../provided";
import { load, save } from "../saved";
import { captureSources, freeId, gainOf, logSources, makeSource, microphoneFor, microphoneOf, NOT_HERE_YET, numberOf, savedCameras, voices, type Remote } from "../sources";
import type { Microphone, Source, SourceId, Studio } from "../studio";
import { UNNAMED, type State } from "./state";

const USB_NUMBERS = /\s*\([0-9a-f]{4}:[0-9a-f]{4}\)$/; /* that browsers put behind a camera's name */

export class SourceList {
  private retired: Source[] = []; /* that went during the show: their ids are not used again */
  private opening: Promise<void> = Promise.resolve();

  constructor(
    private readonly state: State,
    private readonly capture: Capture,
    private readonly helper: Helper,
    private readonly remoteOf: (source: Source) => Remote,
  ) {}

  /* ---- added ---- */

  addCamera(deviceId: string): void {
    const { devices, sources } = this.state.get();
    const camera = devices.find((device) => device.deviceId === deviceId);
    if (!camera) return;
    this.add({ kind: "camera", deviceId }, microphoneFor(camera, devices, sources), camera.label.replace(USB_NUMBERS, ""), "person");
  }

  async addScreen(): Promise<void> {
    this.add({ kind: "screen" }, null, "Screen", "screen");
    await this.opened();
  }

  addMicrophone(microphone: Microphone): void {
    const device = this.state.get().devices.find(({ deviceId }) => deviceId === microphone.deviceId);
    this.add({ kind: "none" }, microphone, device?.label ?? "Microphone", "mic");
  }

  /* A phone that has its link and is not here yet; null: there are too many. */
  addPhone(): SourceId | null {
    return this.add({ kind: "phone", clientId: null }, "own", "Phone", "person");
  }

  /* Somebody elsewhere, who has a link and is not here yet; null: there are too many. */
  addGuest(label: string): SourceId | null {
    return this.add({ kind: "guest" }, "own", label, "person");
  }

  async addSampleShow(): Promise<void> {
    const found = await sampleShow();
    if (found.length === 0) return this.state.say("sample", WORDS.noSample());
    this.state.unsay("sample");
    this.addProvided(found);
    if (this.state.get().name === UNNAMED) this.state.set({ name: "Sample show" });
    await this.opened();
  }

  addProvided(found: Provided[]): void {
    for (const { label, role, url } of found) this.add({ kind: "sample", url }, microphoneOf(role), label, role);
  }

  private add(picture: Source["picture"], microphone: Source["microphone"], label: string, role: Source["role"]): SourceId | null {
    const { sources } = this.state.get();
    const id = freeId([...sources, ...this.retired].map((source) => source.id));
    if (id === null) return null;
    this.state.set({ sources: [...sources, makeSource(id, picture, microphone, label, role, load())] });
    save({ cameras: savedCameras(this.state.get().sources, load()) });
    this.tellCapture();
    if (this.state.isBusy) this.tellShow();
    return id;
  }

  /* ---- changed, taken away ---- */

  change(id: SourceId, asked: Parameters<Studio["changeSource"]>[1]): void {
    /* Who sees everybody, or slides, has no voice of its own: its microphone has to be asked for. */
    const isMute = this.state.get().phase === "setup" && asked.role !== undefined && microphoneOf(asked.role) === null;
    const change: typeof asked = isMute ? { microphone: null, ...asked } : asked;
    this.state.change(id, change);
    if (change.microphone !== undefined) this.state.change(id, { gainDb: gainOf(change.microphone, load()), isolationDb: null });
    save({ cameras: savedCameras(this.state.get().sources, load()) });
    if (change.picture !== undefined || change.microphone !== undefined) this.tellCapture();
    else this.tellHelper();
    this.tellShow();
  }

  remove(id: SourceId): void {
    const gone = this.state.source(id);
    if (!gone) return;
    if (this.state.show) {
      this.retired.push(gone);
      this.lose(id, "removed");
    }
    this.state.set({ sources: this.state.get().sources.filter((source) => source.id !== id) });
    this.tellCapture();
  }

  /* The next show begins with those that are here. */
  forgetRetired(): void {
    this.retired = [];
  }

  phoneCame(clientId: string, id: SourceId, stream: MediaStream | null): void {
    this.state.change(id, { picture: { kind: "phone", clientId: stream ? clientId : null } });
    this.tellCapture();
  }

  /* A guest came, has other tracks, or went. */
  guestChanged(): void {
    this.tellCapture();
  }

  /* ---- lost, found ---- */

  /* Capture says what is wrong with a source, or (null) that nothing is any more. */
  trouble(id: SourceId, why: string | null, isPictureGone: boolean): void {
    const source = this.state.source(id);
    if (!source) return;
    this.state.change(id, { trouble: why });
    if (why === null) this.state.unsay(`trouble:${id}`);
    else if (this.state.isBusy) this.sayTrouble(source, why, isPictureGone);
    if (isPictureGone || (why !== null && source.picture.kind === "none")) this.lose(id, why ?? "");
    else this.regain(id);
  }

  private sayTrouble({ id, label, picture }: Source, why: string, isPictureGone: boolean): void {
    /* Who has not come yet is no trouble; the card of guests says so. */
    if (picture.kind === "guest" && why === NOT_HERE_YET) return;
    if (!isPictureGone) return this.state.say(`trouble:${id}`, WORDS.soundTrouble(label, why));
    /* A browser asks for a screen only after a click. */
    const share = () => this.change(id, { picture: { kind: "screen", asked: Date.now() } });
    this.state.say(`trouble:${id}`, WORDS.pictureGone(label, why, picture.kind), picture.kind === "screen" ? [{ label: "Share again", run: share }] : []);
  }

  regain(id: SourceId): void {
    if (this.state.show?.view.lost.has(id)) this.state.show.log("source_back", { source: id });
  }

  private lose(id: SourceId, reason: string): void {
    const { show } = this.state;
    if (this.state.get().phase === "stopped") return; /* nothing is written of it any more */
    if (show && !show.view.lost.has(id)) show.log("source_lost", { source: id, reason });
  }

  /* ---- told ---- */

  /* All that the show ever had, in order of their numbers: a list never gets shorter. */
  forLog(): LogSource[] {
    const all = [...this.state.get().sources, ...this.retired];
    return logSources(all.sort((a, b) => numberOf(a.id) - numberOf(b.id)));
  }

  tellShow(): void {
    this.state.show?.log("sources", { sources: this.forLog() });
  }

  /* Capture opens and closes devices; opened() waits for it. */
  tellCapture(): void {
    const wanted = captureSources(this.state.get().sources, this.remoteOf);
    this.opening = this.capture.setSources(wanted).catch((error: unknown) => {
      this.state.say("sources", WORDS.sourcesNotOpened(error instanceof Error ? error.message : String(error)));
    });
    this.tellHelper();
  }

  opened(): Promise<void> {
    return this.opening;
  }

  tellHelper(): void {
    const mics = voices(this.state.get().sources).map(({ id, gainDb, priority, picture }) => ({
      source: id,
      gainDb,
      priorityDb: priority,
      ...(picture.kind === "guest" ? { isApart: true } : {}),
    }));
    this.helper.post({ kind: "mics", mics });
  }
}
