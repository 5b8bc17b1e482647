/* Pictures and sounds of a page, an element each. A picture is put in front when it has a frame; until
 * then, for a moment, the one before stays, so that a cut is never black. */
const HOLD_MS = 1000;

export class Stage {
  private readonly videos = new Map<MediaStreamTrack, HTMLVideoElement>();
  private readonly audios = new Map<MediaStreamTrack, HTMLAudioElement>();
  private wanted: MediaStreamTrack | null = null;
  private hold: ReturnType<typeof setTimeout> | null = null;

  /* `changed`: another picture stands in front. */
  constructor(private readonly changed: (isShown: boolean) => void) {}

  update(pictures: readonly MediaStreamTrack[], sounds: readonly MediaStreamTrack[]): void {
    this.keep(this.videos, pictures, "video");
    this.keep(this.audios, sounds, "audio");
  }

  show(track: MediaStreamTrack | null): void {
    if (track !== this.wanted) {
      this.wanted = track;
      if (this.hold !== null) clearTimeout(this.hold);
      this.hold = setTimeout(() => {
        this.hold = null;
        this.settle();
      }, HOLD_MS);
    }
    this.settle();
  }

  private settle(): void {
    const next = this.wanted && this.videos.get(this.wanted);
    const isReady = next !== null && next !== undefined && next.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA;
    if (!isReady && this.wanted !== null && this.hold !== null) return;
    for (const video of this.videos.values()) video.classList.toggle("shown", isReady && video === next);
    this.changed(isReady);
  }

  private keep<Kind extends "video" | "audio">(known: Map<MediaStreamTrack, HTMLElementTagNameMap[Kind]>, tracks: readonly MediaStreamTrack[], kind: Kind): void {
    for (const [track, element] of known)
      if (!tracks.includes(track)) {
        element.srcObject = null;
        element.remove();
        known.delete(track);
      }
    for (const track of tracks) if (!known.has(track)) known.set(track, this.make(track, kind));
  }

  private make<Kind extends "video" | "audio">(track: MediaStreamTrack, kind: Kind): HTMLElementTagNameMap[Kind] {
    const element = document.createElement(kind);
    element.srcObject = new MediaStream([track]);
    element.autoplay = true;
    element.muted = kind === "video";
    element.addEventListener("loadeddata", () => this.settle());
    document.body.append(element);
    void element.play().catch(() => {}); /* autoplay tries again by itself */
    return element;
  }
}
