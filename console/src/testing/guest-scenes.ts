/* The states in which a guest's and a viewer's pages are looked at: gallery.html?guest=NAME. */
import type { GuestState } from "../core/guest/guest";
import type { ViewerState } from "../core/guest/viewer";
import { GREEN, IN } from "./fake-guest";
import { SOURCES } from "./fake-studio";
import { withPictures } from "./people";

const streams = () => withPictures(SOURCES, 0).map(({ stream }) => stream!);

/* With pictures. */
export function guestScene(name: string): GuestState {
  const [maya, own, ines, all] = streams() as [MediaStream, MediaStream, MediaStream, MediaStream];
  const inside: GuestState = {
    ...IN,
    stream: own,
    large: { ...IN.large, stream: maya },
    others: IN.others.map((other, i) => ({ ...other, stream: i === 0 ? ines : all })),
  };
  const scenes: Record<string, GuestState> = {
    invited: { ...GREEN, permission: "unknown", devices: [] },
    denied: { ...GREEN, permission: "denied", devices: [] },
    green: { ...GREEN, stream: own, loudness: "quiet" },
    agreed: { ...GREEN, stream: own, loudness: "fine", hasHeadphones: true, hasAgreed: true },
    off: inside,
    next: { ...inside, tally: "next" },
    air: { ...inside, tally: "air", large: { stream: own, of: "cam_2", name: "Tomas", isProgram: true } },
    muted: { ...inside, tally: "air", mutedBy: "host", large: { stream: own, of: "cam_2", name: "Tomas", isProgram: true } },
    trouble: { ...inside, room: "again", roomWhy: "The room for guests does not answer. It is tried again.", link: "offline", others: [], large: { ...IN.large, stream: null } },
    waiting: { ...inside, large: GREEN.large, others: [], chat: [], isRecorded: false, link: "by-room", own: { state: "waiting", leftBytes: 0, why: null } },
    left: { ...IN, phase: "left", why: null, own: { state: "sending", leftBytes: 12e6, why: null } },
    over: { ...IN, phase: "ended", why: "Thank you for being part of it!", own: { state: "sent", leftBytes: 0, why: null } },
    removed: { ...IN, phase: "removed", why: "The host took you out of the show.", own: GREEN.own },
  };
  return scenes[name] ?? inside;
}

export function viewerScene(name: string): Partial<ViewerState> {
  return name === "watching" ? { phase: "watching", stream: streams()[0]! } : {};
}
