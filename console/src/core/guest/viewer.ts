/* Somebody who only watches: the program's picture and its sound, out of the show's LiveKit room. */
import { ApiError, type Api } from "../api";
import { endOf } from "../invitation";
import type { Room, RoomAsk } from "../room/room";
import { isHost } from "../room/wire";
import { Store } from "../store";

export interface ViewerState {
  /* idle: browsers play sound after a click only. waiting: in the room, and no program yet. */
  phase: "idle" | "joining" | "waiting" | "watching" | "ended" | "refused";
  show: string | null;
  stream: MediaStream | null;
  why: string | null;
}

export interface Viewer {
  state(): ViewerState;
  subscribe(changed: () => void): () => void;
  watch(): void;
  close(): void;
}

export interface ViewerParts {
  api: Pick<Api, "session" | "roomTicket">;
  room: (ask: RoomAsk) => Room;
}

const WORDS = {
  ended: "Thank you for watching!",
  refused: "This link is not valid any more. Ask for a new one.",
  noLivekit: "This studio cannot be watched by link yet: LiveKit is not set up.",
};

export function createViewer(session: string | null, parts: ViewerParts): Viewer {
  return new ViewerCore(session, parts);
}

class ViewerCore implements Viewer {
  private readonly store: Store<ViewerState>;
  private readonly room: Room | null = null;
  private tracks: MediaStreamTrack[] = [];

  constructor(
    private readonly session: string | null,
    private readonly parts: ViewerParts,
  ) {
    this.store = new Store<ViewerState>({ phase: session ? "idle" : "refused", show: null, stream: null, why: session ? null : WORDS.refused });
    if (!session) return;
    this.room = parts.room({ token: () => this.token(), wants: (identity, name) => isHost(identity) && name.startsWith("program") });
    this.room.subscribe(() => this.changed());
    void this.look(session);
  }

  state = (): ViewerState => this.store.get();
  subscribe = (changed: () => void): (() => void) => this.store.subscribe(changed);

  watch(): void {
    if (this.state().phase !== "idle") return;
    this.store.set({ phase: "joining" });
    this.room?.join();
  }

  close(): void {
    this.room?.leave();
  }

  private async look(session: string): Promise<void> {
    try {
      const { name, state } = await this.parts.api.session(session);
      this.store.set({ show: name ?? null });
      if (state !== "recording") this.end("ended", WORDS.ended);
    } catch (error) {
      if (error instanceof ApiError) this.denied(error.code);
    }
  }

  private async token(): ReturnType<RoomAsk["token"]> {
    try {
      return await this.parts.api.roomTicket(this.session!);
    } catch (error) {
      if (error instanceof ApiError && error.code === "conflict") throw new ApiError(409, "conflict", WORDS.noLivekit);
      if (error instanceof ApiError) queueMicrotask(() => this.denied(error.code));
      throw error;
    }
  }

  private denied(code: string): void {
    const end = endOf(code);
    if (end) this.end(end, WORDS[end]);
  }

  private changed(): void {
    const { phase } = this.state();
    if (phase === "idle" || phase === "ended" || phase === "refused") return;
    const { link, why, people } = this.room!.state();
    if (link === "refused" || link === "removed") return this.end("refused", why);
    const host = people.find(({ identity, tracks }) => isHost(identity) && tracks.some(({ name }) => name === "program"));
    const tracks = (host?.tracks ?? []).flatMap(({ name, track }) => (name.startsWith("program") && track ? [track] : []));
    const isSame = tracks.length === this.tracks.length && tracks.every((track, i) => track === this.tracks[i]);
    if (!isSame) this.store.set({ stream: tracks.length > 0 ? new MediaStream(tracks) : null });
    this.tracks = tracks;
    const hasPicture = tracks.some(({ kind }) => kind === "video");
    this.store.set({ why, phase: link !== "joined" && !hasPicture ? "joining" : hasPicture ? "watching" : "waiting" });
  }

  private end(phase: "ended" | "refused", why: string | null): void {
    const { phase: now } = this.state();
    if (now === "ended" || now === "refused") return;
    this.store.set({ phase, why, stream: null });
    this.room?.leave();
  }
}
