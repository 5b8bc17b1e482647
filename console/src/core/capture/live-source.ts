/* A source while the page is open: its devices, what is wrong with them, and taking them up again when
 * they come back. */
import type { CaptureEvents, CaptureSource } from "../capture";
import type { Format, Microphone, SourceId } from "../studio";
import { cameraConstraints, MissingDeviceError, openMicrophone, openPicture, ownMicrophone, stop, type OpenedPicture } from "./devices";
import type { Engine } from "./engine";
import type { Sound } from "./sound";

const MUTED = "This microphone is muted.";
const NO_CAMERA = "Their camera is off.";
const NO_FRAMES = "No pictures come from there: their connection may be too slow.";

type Part = "picture" | "sound" | "frames" | "muted";

export class LiveSource {
  private wish: CaptureSource | null = null;
  private picture: OpenedPicture | null = null;
  private mic: MediaStreamTrack | null = null;
  private ownsMic = false; /* opened for it alone: what came with a picture goes with that */
  private micNodes: AudioNode[] = [];
  private channels: 0 | 1 | 2 = 0;
  private closing: Promise<void> = Promise.resolve(); /* of sound that went with its picture */
  private troubles = new Map<Part, string>();
  private said: string | null = null;
  private saidGone = false;
  private given: { channels: 0 | 1 | 2 } | null = null; /* what the engine has of it */
  private elementNode: { element: HTMLMediaElement; node: AudioNode } | null = null;

  constructor(
    readonly id: SourceId,
    private format: Format,
    private sound: Sound,
    private engine: Engine,
    private events: CaptureEvents,
  ) {}

  get sample(): HTMLVideoElement | null {
    return this.picture?.element ?? null;
  }

  /* How many frames its picture has delivered so far; null where that is not counted. */
  get delivered(): number | null {
    return this.picture?.track?.stats?.deliveredFrames ?? null;
  }

  async change(wish: CaptureSource): Promise<void> {
    const before = this.wish;
    this.wish = wish;
    const isOtherPicture = !before || !same(before.picture, wish.picture) || before.remote !== wish.remote;
    const isOtherSound = isOtherPicture || !same(before.microphone, wish.microphone);
    if (isOtherPicture) this.closePicture();
    if (isOtherSound) await this.closeSound();
    await this.open(isOtherPicture);
  }

  /* Devices came or went: opens what is missing. */
  async reopen(): Promise<void> {
    if (!this.wish) return;
    await this.open(false);
  }

  async setFormat(format: Format, engine: Engine | null): Promise<void> {
    this.format = format;
    if (this.wish?.picture.kind === "camera") await this.picture?.track?.applyConstraints(cameraConstraints(format));
    if (!engine) return;
    this.engine = engine;
    this.given = null;
    this.give();
  }

  /* The recorder says that no pictures come, or (null) that they do. */
  frames(why: string | null): void {
    this.say("frames", why !== null && this.wish?.picture.kind === "guest" ? NO_FRAMES : why);
  }

  /* What is wrong with a part of it now; null: nothing. */
  say(part: Part, why: string | null): void {
    if (why === null) this.troubles.delete(part);
    else this.troubles.set(part, why);
    const order: Part[] = ["picture", "frames", "sound", "muted"];
    const worst = order.map((each) => this.troubles.get(each)).find((text) => text !== undefined) ?? null;
    const isPictureGone = this.troubles.has("picture") || this.troubles.has("frames");
    if (worst === this.said && isPictureGone === this.saidGone) return;
    this.said = worst;
    this.saidGone = isPictureGone;
    this.events.trouble(this.id, worst, isPictureGone);
  }

  close(): void {
    this.closePicture();
    void this.closeSound();
    this.wish = null;
  }

  private async open(isOtherPicture: boolean): Promise<void> {
    await this.closing;
    const wish = this.wish!;
    /* For a screen the browser would ask again, unasked for. */
    const mayOpen = wish.picture.kind !== "none" && (wish.picture.kind !== "screen" || isOtherPicture);
    if (mayOpen && !this.picture) await this.openPicture(wish);
    /* A recording that is played is heard only through its node: without one it would sound in the room. */
    if (this.picture?.element) this.picture.element.muted = wish.microphone !== "own";
    if (wish.microphone !== null && !this.mic) await this.openSound(wish, wish.microphone);
    this.give();
  }

  private async openPicture(wish: CaptureSource): Promise<void> {
    try {
      const picture = await openPicture(wish, this.format);
      this.picture = picture;
      const isDark = wish.picture.kind === "guest" && picture?.track === null;
      this.say("picture", isDark ? NO_CAMERA : null);
      if (!picture) return;
      if (picture.track) picture.track.onended = () => this.lost(picture);
      if (!isDark) this.events.stream(this.id, picture.stream);
    } catch (error) {
      this.failed("picture", error as Error);
    }
  }

  /* That a device which was unplugged is not there is no news. */
  private failed(part: "picture" | "sound", error: Error): void {
    if (!(error instanceof MissingDeviceError) || !this.troubles.has(part)) this.say(part, error.message);
  }

  /* The camera was pulled, the sharing of the screen was ended, the phone left. */
  private lost(picture: OpenedPicture): void {
    if (this.picture !== picture) return;
    const isScreen = this.wish?.picture.kind === "screen";
    this.closePicture();
    if (this.mic !== null && this.mic === picture.sound) this.closing = this.closeSound();
    this.say("picture", isScreen ? "The screen is no longer shared." : "This camera was unplugged.");
  }

  private closePicture(): void {
    if (this.given) this.engine.remove(this.id);
    this.given = null;
    this.say("frames", null);
    if (!this.picture) return;
    this.picture.close();
    this.picture = null;
    this.events.stream(this.id, null);
  }

  private async openSound(wish: CaptureSource, microphone: Microphone | "own"): Promise<void> {
    try {
      const found = await this.findSound(wish, microphone);
      if (!found) return;
      const { node, output, channels, track } = found;
      await this.sound.connect(this.id, node, output, channels);
      this.mic = track;
      this.ownsMic = track !== this.picture?.sound;
      this.channels = channels;
      /* What comes with a picture is mute until it runs. */
      this.say("muted", track.muted && microphone !== "own" ? MUTED : null);
      track.onended = () => void this.lostSound(track);
      track.onmute = () => this.say("muted", MUTED);
      track.onunmute = () => this.say("muted", null);
    } catch (error) {
      this.failed("sound", error as Error);
    }
  }

  private async findSound(
    wish: CaptureSource,
    microphone: Microphone | "own",
  ): Promise<{ node: AudioNode; output: number; channels: 1 | 2; track: MediaStreamTrack } | null> {
    const { context } = this.sound;
    const isCamera = wish.picture.kind === "camera";
    if (microphone === "own" && !isCamera) {
      const track = this.picture?.sound;
      if (!track) return null;
      const node = this.nodeOf(this.picture!.element, track);
      this.micNodes = [node];
      return { node, output: 0, channels: 2, track };
    }
    const device = microphone === "own" ? await ownMicrophone((wish.picture as { deviceId: string }).deviceId) : microphone;
    if (!device) throw new Error("No microphone is there.");
    const { track, channels, warning } = await openMicrophone(device.deviceId);
    if (device.channel >= channels) {
      track.stop();
      throw new Error(`This microphone has ${channels} channels; channel ${device.channel + 1} was chosen.`);
    }
    this.say("sound", warning);
    const node = context.createMediaStreamSource(new MediaStream([track]));
    const splitter = context.createChannelSplitter(channels);
    node.connect(splitter);
    this.micNodes = [node, splitter];
    return { node: splitter, output: device.channel, channels: 1, track };
  }

  /* An element that is a node is heard only through it: the sample show stays quiet in the room. */
  private nodeOf(element: HTMLMediaElement | null, track: MediaStreamTrack): AudioNode {
    const { context } = this.sound;
    if (!element) return context.createMediaStreamSource(new MediaStream([track]));
    if (this.elementNode?.element !== element) {
      this.elementNode = { element, node: context.createMediaElementSource(element) };
    }
    return this.elementNode.node;
  }

  private async lostSound(track: MediaStreamTrack): Promise<void> {
    if (this.mic !== track) return;
    /* Its place in the sound stays, silent, so that the file goes on. */
    this.mic = null;
    this.say("muted", null);
    this.say("sound", "This microphone was unplugged.");
  }

  private async closeSound(): Promise<void> {
    await this.sound.disconnect(this.id);
    for (const node of this.micNodes) node.disconnect();
    this.micNodes = [];
    if (this.mic && this.ownsMic) stop(new MediaStream([this.mic]));
    this.mic = null;
    this.channels = 0;
    this.say("sound", null);
    this.say("muted", null);
  }

  private give(): void {
    const track = this.picture?.track ?? null;
    const needsPicture = !["none", "guest"].includes(this.wish?.picture.kind ?? "none");
    if ((needsPicture && !track) || (!track && this.channels === 0)) return;
    if (this.given?.channels === this.channels) return;
    if (this.given) this.engine.remove(this.id); /* a file keeps its tracks: it goes on in a new part */
    const { keepsWhole = false, pictures = null } = this.picture ?? {};
    const setup = { source: this.id, hasPicture: track !== null, keepsWhole, isTimed: pictures !== null, channels: this.channels };
    this.engine.add({ setup, track, pictures });
    this.given = { channels: this.channels };
  }
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
