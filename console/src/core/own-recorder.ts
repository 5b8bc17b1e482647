/* What a phone or a guest's browser records of itself: made while the host records, kept in this browser,
 * sent with the guest's token. Where the browser cannot, it says so, and the live picture is all there is.
 *
 * What always holds: nothing is recorded before join(), which follows consent; what was begun is sent,
 * by a later visit if need be. */
import { Api } from "./api";
import type { Capture, CaptureEvents } from "./capture";
import type { LogEvent } from "./event";
import { START_FORMAT } from "./format";
import type { Invitation } from "./invitation";
import type { LogView } from "./log-view";
import { Show, SILENT } from "./show";
import type { Spool, SpoolFile } from "./spool";
import type { Format, SourceId } from "./studio";
import { isLocal, nextPart } from "./upload/uploads";

export interface OwnRecording {
  /* off: not asked for; waiting: for the host to record; impossible: see `why`. */
  state: "off" | "waiting" | "recording" | "sending" | "sent" | "impossible";
  leftBytes: number; /* still to send */
  why: string | null; /* what is wrong, in plain words */
}

export const NO_RECORDING: OwnRecording = { state: "off", leftBytes: 0, why: null };

export interface RecorderParts {
  api: Pick<Api, "session">;
  spool: () => Spool;
  capture: (format: Format, events: CaptureEvents) => Capture;
  whyNot: () => string | null; /* this browser cannot */
  base?: string; /* of the server; default: this page's */
  elsewhere?: Elsewhere;
}

/* What is known of the show where Socket.IO does not come through. */
export interface Elsewhere {
  view(): LogView | null; /* null: Socket.IO comes through, or nothing is known */
  clock(): number | null;
}

/* What the camera gives, as it gives it; a recorder wants even sizes. */
export function formatOf(stream: MediaStream): Format {
  const { width = 1280, height = 720, frameRate = 30 } = stream.getVideoTracks()[0]?.getSettings() ?? {};
  const even = (size: number) => Math.max(2, 2 * Math.round(size / 2));
  return {
    ...START_FORMAT,
    width: even(width),
    height: even(height),
    rate: Math.min(30, Math.max(1, Math.round(frameRate))),
    videoKbps: width * height > 1280 * 720 ? 5000 : 2500,
  };
}

/* The host records: the program, or (a console of another version) at least this camera. */
export function isHostRecording(recording: ReadonlyMap<string, SourceId>, own: SourceId): boolean {
  return [...recording].some(([name, source]) => !isLocal(name) && (source === "program" || source === own));
}

export class OwnRecorder {
  own = NO_RECORDING;
  private readonly api: Api;
  private spoolOpen: Spool | null = null;
  private opening: Promise<Show> | null = null;
  private show: Show | null = null;
  private earlier: SpoolFile[] = []; /* of earlier visits, whose end was never said */
  private capture: Capture | null = null;
  private stream: MediaStream | null = null;
  private turn: Promise<void> = Promise.resolve();
  private wants = false;
  private isRecording = false;
  private isOver = false;
  private isSent = false;
  private isClosed = false;
  private failure: string | null = null;

  constructor(
    private readonly guest: Invitation,
    private readonly parts: RecorderParts,
    private readonly changed: () => void,
  ) {
    /* A guest may not say which files a show waits for: record_start does, and the sums of each chunk
     * and of the manifest are compared all the same. */
    this.api = { session: parts.api.session, files: async () => ({}) } as unknown as Api;
  }

  /* What an earlier visit left is sent, without being asked. */
  async look(): Promise<void> {
    if (this.parts.whyNot() !== null) return;
    try {
      const { files } = await this.stored();
      if (files.length === 0) return;
      await this.open();
      const manifest = await this.api.session(this.guest.session).catch(() => null);
      if (manifest && manifest.state !== "recording") this.over();
    } catch (error) {
      this.fail(error);
    }
  }

  /* The person agreed, and this is what the camera gives: recorded whenever the host records. */
  join(stream: MediaStream): void {
    this.stream = stream;
    this.inTurn(async () => {
      if (this.isOver) return;
      const why = this.parts.whyNot();
      if (why !== null) throw new Error(why);
      /* A recording has a picture, and keeps its tracks. */
      if (stream.getVideoTracks().length === 0) throw new Error("there is no camera here.");
      await this.open();
      this.capture ??= this.parts.capture(formatOf(stream), this.events());
      await this.useStream();
      this.update();
    });
  }

  /* Another camera or microphone: the recording goes on in a new part. */
  change(stream: MediaStream | null): void {
    this.stream = stream;
    this.inTurn(() => this.useStream());
  }

  /* The show has ended: what is missing is sent, then nothing is left here. */
  over(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.update();
    this.inTurn(async () => {
      this.capture?.close();
      this.capture = null;
      this.tell();
      /* Not awaited in turn: it may take long. */
      this.show?.finish().then((isSent) => {
        /* Where it ends may be unsaid: the server has every byte, and looks for itself. */
        this.isSent = isSent || this.show!.uploads.files().every(({ state }) => state === "done");
        this.tell();
      }, (error: unknown) => this.fail(error));
    });
  }

  /* Something came to be known elsewhere. */
  told(): void {
    this.update();
  }

  /* Events that the server has not acknowledged. */
  pending(): LogEvent[] {
    return this.show?.link.queue.pending() ?? [];
  }

  /* The page closes. What is in storage stays for the next visit. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.wants = false;
    this.inTurn(() => this.end());
    this.inTurn(async () => {
      this.capture?.close();
      this.capture = null;
      this.show?.close();
    });
  }

  private open(): Promise<Show> {
    return (this.opening ??= this.openNow());
  }

  private async openNow(): Promise<Show> {
    const { session, token } = this.guest;
    const stored = { sessionId: session, name: "Phone", uploadToken: token, startedAt: new Date().toISOString() };
    await this.spool().begin(stored);
    this.earlier = (await this.stored()).files;
    const show = new Show({
      show: stored,
      sources: [],
      settings: {},
      api: this.api,
      spool: this.spool(),
      token: () => token,
      base: this.parts.base,
      post: () => {}, /* here nothing is directed */
      hooks: {
        ...SILENT, /* the page's own connection says why it is refused */
        changed: () => this.update(),
        server: ({ state }) => {
          if (state === "stopping" || state === "complete") this.over();
        },
      },
    });
    show.uploads.makeRoom(true); /* the live picture goes before */
    for (const file of this.earlier) show.add(file);
    await show.takeKept();
    this.show = show;
    this.update();
    return show;
  }

  private async stored(): Promise<{ files: SpoolFile[] }> {
    const shows = await this.spool().list();
    return { files: shows.find(({ show }) => show.sessionId === this.guest.session)?.files ?? [] };
  }

  private spool(): Spool {
    return (this.spoolOpen ??= this.parts.spool());
  }

  private events(): CaptureEvents {
    const { source } = this.guest;
    const nothing = () => {};
    return {
      stream: nothing,
      trouble: nothing, /* of devices: the live picture shows it */
      recordStart: ({ name, start, video, audio }) => void this.show?.log("record_start", { source, file: name, start, video, audio }),
      recordStop: ({ name, end, gaps }) => void this.show?.log("record_stop", { source, file: name, end, gaps }),
      cut: nothing,
      reduced: nothing,
      failed: (name, why) => {
        this.show?.uploads.failed(name, why);
        this.fail(new Error(why));
      },
    };
  }

  private async useStream(): Promise<void> {
    const { capture, stream } = this;
    if (!capture || !stream) return;
    const microphone = stream.getAudioTracks().length > 0 ? "own" : null;
    await capture.setSources([{ id: this.guest.source, picture: { kind: "phone", clientId: null }, microphone, remote: stream }]);
  }

  /* The log, the uploads or the show's end said something. */
  private update(): void {
    const { show } = this;
    if (show?.isReplayed) this.endEarlier(show);
    const view = this.parts.elsewhere?.view() ?? (show?.isReplayed ? show.view : null);
    if (show && view) {
      const wants = this.capture !== null && !this.isOver && isHostRecording(view.recording, this.guest.source);
      if (wants !== this.wants && !this.isClosed) {
        this.wants = wants;
        this.inTurn(() => (wants ? this.begin(show) : this.end()));
      }
    }
    this.tell();
  }

  /* A visit that was cut short could not say where its recordings end. */
  private endEarlier(show: Show): void {
    for (const { name, keptUntil } of this.earlier.splice(0))
      if (show.view.recording.has(name))
        show.log("record_stop", { source: this.guest.source, file: name, end: Math.round(keptUntil), gaps: [] });
  }

  private async begin(show: Show): Promise<void> {
    const { capture, stream } = this;
    if (!this.wants || this.isRecording || !capture || !stream) return;
    const { session, source } = this.guest;
    await this.knowTime(show);
    const names = await this.usedNames(show);
    await capture.start({
      format: formatOf(stream),
      clock: () => show.link.clock.time(),
      file: async (name) => show.add(await this.spool().create(session, name)),
      firstPart: (id) => (id === null ? 1 : nextPart(names, id, "local")),
      onAir: source,
      lookAheadMs: 0,
      isLocal: true,
    });
    this.isRecording = true;
    this.tell();
  }

  private async knowTime(show: Show): Promise<void> {
    const { elsewhere } = this.parts;
    const time = elsewhere?.view() ? elsewhere.clock() : null;
    if (time !== null) return show.link.clock.guess(time);
    await show.connected();
    if (show.link.clock.best() === null) await show.link.measure();
  }

  private async end(): Promise<void> {
    if (this.wants || !this.isRecording) return;
    this.isRecording = false;
    await this.capture?.stop();
    this.tell();
  }

  /* Here, and on the server of a browser that had this link before. */
  private async usedNames(show: Show): Promise<string[]> {
    const manifest = await this.api.session(this.guest.session).catch(() => null);
    return [...show.uploads.names(), ...show.view.recording.keys(), ...(manifest?.files ?? []).map(({ name }) => name)];
  }

  private inTurn(work: () => Promise<void>): void {
    this.turn = this.turn.then(work).catch((error: unknown) => this.fail(error));
  }

  private fail(error: unknown): void {
    this.failure ??= error instanceof Error ? error.message : String(error);
    this.tell();
  }

  private tell(): void {
    const files = this.show?.uploads.files() ?? [];
    const leftBytes = this.show?.uploads.unsentBytes() ?? 0;
    const full = this.show && this.show.uploads.memoryBytes() > 0 ? "This browser's storage is full: the recording goes straight to the studio." : null;
    const why = this.failure ?? files.find(({ trouble }) => trouble !== null)?.trouble ?? full;
    const own = { state: this.stateNow(files.length > 0, leftBytes), leftBytes, why };
    if (JSON.stringify(own) === JSON.stringify(this.own)) return;
    this.own = own;
    this.changed();
  }

  private stateNow(hasFiles: boolean, leftBytes: number): OwnRecording["state"] {
    if (this.failure !== null) return "impossible";
    if (this.isRecording) return "recording";
    if (hasFiles && this.isSent) return "sent";
    if (hasFiles && (this.isOver || leftBytes > 0)) return "sending";
    return this.capture !== null ? "waiting" : "off";
  }
}

/* What a browser must have to keep a recording of its own. */
export function whyNoRecording(): string | null {
  if (typeof navigator === "undefined" || !navigator.storage?.getDirectory || !navigator.locks || typeof Worker === "undefined")
    return "this browser cannot keep recordings.";
  if (typeof MediaRecorder === "undefined" && typeof VideoEncoder === "undefined") return "this browser cannot make recordings.";
  if (typeof AudioWorkletNode === "undefined") return "this browser cannot record sound.";
  return null;
}
