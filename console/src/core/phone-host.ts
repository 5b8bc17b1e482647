/* The console's side of phones: a phone that opened its link says hello over `signal`; it is answered
 * with WebRTC, and its picture becomes a source like any camera. */
import type { SourceId } from "./studio";

export type PhoneMessage =
  | { kind: "hello"; source: SourceId }
  | { kind: "offer"; sdp: string }
  | { kind: "answer"; sdp: string }
  | { kind: "ice"; candidate: RTCIceCandidateInit }
  | { kind: "bye" };

export interface PhoneHostHooks {
  send(to: string, message: PhoneMessage): void;
  /* Null: it went. */
  came(clientId: string, source: SourceId, stream: MediaStream | null): void;
}

interface Phone {
  peer: RTCPeerConnection;
  source: SourceId;
  player: HTMLAudioElement | null;
}

export class PhoneHost {
  readonly streams = new Map<string, MediaStream>();
  private phones = new Map<string, Phone>();
  private taking: Promise<void> = Promise.resolve();

  constructor(private readonly hooks: PhoneHostHooks) {}

  /* Messages are taken one after the other: a candidate counts only behind the offer it belongs to.
   * `source` is what the server knows the sender for, whatever the sender says. */
  signal(from: string, data: unknown, source: SourceId | null): void {
    this.taking = this.taking.then(() => this.take(from, data as PhoneMessage, source)).catch(() => {});
  }

  private async take(from: string, message: PhoneMessage, source: SourceId | null): Promise<void> {
    if (message?.kind === "hello") return source === null ? undefined : this.meet(from, source);
    const phone = this.phones.get(from);
    if (!phone) return;
    if (message.kind === "bye") return this.forget(from);
    if (message.kind === "ice") return phone.peer.addIceCandidate(message.candidate).catch(() => {});
    if (message.kind !== "offer") return;
    await phone.peer.setRemoteDescription({ type: "offer", sdp: message.sdp });
    await phone.peer.setLocalDescription();
    this.hooks.send(from, { kind: "answer", sdp: phone.peer.localDescription!.sdp });
  }

  private meet(from: string, source: SourceId): void {
    /* A phone that was reloaded comes as another client: its old call would end later, and
     * take the new picture with it. */
    for (const [other, phone] of [...this.phones]) if (other === from || phone.source === source) this.forget(other);
    const peer = new RTCPeerConnection();
    const phone: Phone = { peer, source, player: null };
    this.phones.set(from, phone);
    peer.onicecandidate = ({ candidate }) => {
      if (candidate) this.hooks.send(from, { kind: "ice", candidate: candidate.toJSON() });
    };
    const stream = new MediaStream();
    peer.ontrack = ({ track }) => {
      stream.addTrack(track);
      if (track.kind === "audio") phone.player = playSilently(track);
      if (track.kind !== "video") return;
      this.streams.set(from, stream);
      this.hooks.came(from, source, stream);
    };
    peer.onconnectionstatechange = () => {
      if (peer.connectionState === "failed" || peer.connectionState === "closed") this.forget(from);
    };
    this.hooks.send(from, { kind: "hello", source });
  }

  private forget(from: string): void {
    const phone = this.phones.get(from);
    if (!phone) return;
    this.phones.delete(from);
    phone.peer.onconnectionstatechange = null;
    phone.peer.close();
    if (phone.player) phone.player.srcObject = null;
    if (this.streams.delete(from)) this.hooks.came(from, phone.source, null);
  }
}

/* Chromium gives what comes over WebRTC to an AudioContext only while an element plays it, too: without
 * one a phone's recording is silent. */
function playSilently(track: MediaStreamTrack): HTMLAudioElement {
  const player = new Audio();
  player.muted = true;
  player.srcObject = new MediaStream([track]);
  void player.play().catch(() => {});
  return player;
}
