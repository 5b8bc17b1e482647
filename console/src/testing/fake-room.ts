/* A room without LiveKit: what is asked of it is kept, and what happens in it is said by the test. */
import { OUT, type ChatLine, type EventHeard, type ProgramChange, type Room, type RoomPerson, type RoomState, type RoomTrack, type TrackName } from "../core/room/room";
import { Store } from "../core/store";

export class FakeRoom implements Room {
  readonly store: Store<RoomState>;
  readonly published = new Map<TrackName, MediaStreamTrack>();
  readonly said: string[] = [];
  readonly sent: Record<string, unknown>[] = []; /* events */
  joins = 0;
  leaves = 0;
  /* Whether a console is there to take events. */
  hasHost = true;
  private heard: EventHeard[] = [];

  constructor(state: Partial<RoomState> = {}) {
    this.store = new Store<RoomState>({ ...OUT, ...state });
  }

  state = (): RoomState => this.store.get();
  subscribe = (changed: () => void): (() => void) => this.store.subscribe(changed);

  join(): void {
    this.joins++;
    this.store.set({ link: "joined", why: null });
  }

  leave(): void {
    this.leaves++;
    this.store.set({ link: "out", people: [] });
  }

  publish(name: TrackName, track: MediaStreamTrack | null): void {
    if (track) this.published.set(name, track);
    else this.published.delete(name);
  }

  setMuted(isMuted: boolean): void {
    this.store.set({ isMuted });
  }

  say(text: string): void {
    this.said.push(text);
    this.chat({ from: "own", name: "You", text, at: Date.now() });
  }

  sendEvent(event: Record<string, unknown>): boolean {
    if (!this.hasHost || this.state().link !== "joined") return false;
    this.sent.push(event);
    return true;
  }

  onEvent(heard: EventHeard): void {
    this.heard.push(heard);
  }

  /* ---- what a test says ---- */

  set(change: Partial<RoomState>): void {
    this.store.set(change);
  }

  /* Comes, or is there with other tracks. */
  come(identity: string, name: string, tracks: RoomTrack[] = []): void {
    const person: RoomPerson = { identity, name, tracks };
    this.store.set({ people: [...this.state().people.filter((one) => one.identity !== identity), person] });
  }

  go(identity: string): void {
    this.store.set({ people: this.state().people.filter((one) => one.identity !== identity) });
  }

  show(program: ProgramChange): void {
    this.store.set({ program });
  }

  chat(line: ChatLine): void {
    this.store.set({ chat: [...this.state().chat, line] });
  }

  /* A guest hands in an event as data. */
  hear(identity: string, event: Record<string, unknown>): void {
    for (const heard of this.heard) heard(identity, event);
  }
}
