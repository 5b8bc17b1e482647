/* The sources of a show: made, numbered, remembered, said to the server. Pure. */
import type { CaptureSource } from "./capture";
import type { LogSource } from "./event";
import { microphoneKey, pictureKey, type Saved, type SavedSource } from "./saved";
import type { Device, Microphone, Picture, Role, Source, SourceId } from "./studio";

export const SOURCES_MAX = 16;

export function numberOf(id: SourceId): number {
  return Number(/^cam_(\d+)$/.exec(id)?.[1] ?? 0);
}

/* Ids are not used twice in a show: `used` holds those of sources that went. */
export function freeId(used: readonly SourceId[]): SourceId | null {
  const next = Math.max(0, ...used.map(numberOf)) + 1;
  return next <= SOURCES_MAX ? `cam_${next}` : null;
}

export function makeSource(
  id: SourceId,
  picture: Picture,
  microphone: Microphone | "own" | null,
  label: string,
  role: Role,
  saved: Saved,
): Source {
  const key = pictureKey(picture, microphone);
  const before: SavedSource | undefined = key === null ? undefined : saved.cameras[key];
  const mic = before === undefined ? microphone : before.microphone;
  return {
    id,
    label: before?.label ?? label,
    role: before?.role ?? role,
    priority: before?.priority ?? 0,
    picture,
    microphone: mic,
    stream: null,
    trouble: null,
    isLost: false,
    gainDb: gainOf(mic, saved),
    isolationDb: null,
  };
}

export function gainOf(microphone: Microphone | "own" | null, saved: Saved): number | null {
  if (microphone === null || microphone === "own") return null;
  return saved.gains[microphoneKey(microphone)] ?? null;
}

/* For the server; a label has to have something in it. */
export function logSources(sources: readonly Source[]): LogSource[] {
  return sources.map(({ id, label, role, priority }) => ({ id, label: label.trim() || id, role, priority }));
}

/* Of a guest whose link was made. */
export const NOT_HERE_YET = "Not here yet.";

/* What comes over a network: its stream, or why there is none. */
export type Remote = Pick<CaptureSource, "remote" | "away">;

export function captureSources(sources: readonly Source[], remoteOf: (source: Source) => Remote): CaptureSource[] {
  return sources.map((source) => {
    const { id, picture, microphone } = source;
    return { id, picture, microphone, ...remoteOf(source) };
  });
}

/* What is remembered of them, by device. */
export function savedCameras(sources: readonly Source[], before: Saved): Saved["cameras"] {
  const cameras = { ...before.cameras };
  for (const { picture, microphone, label, role, priority } of sources) {
    const key = pictureKey(picture, microphone);
    if (key !== null) cameras[key] = { label, role, priority, microphone };
  }
  return cameras;
}

/* A microphone that nobody has yet: one of the same maker's name as the camera, or the next. */
export function microphoneFor(camera: Device, devices: readonly Device[], sources: readonly Source[]): Microphone | null {
  const taken = new Set(
    sources.flatMap(({ microphone }) => (microphone && microphone !== "own" ? [microphoneKey(microphone)] : [])),
  );
  const free = devices
    .filter(({ kind }) => kind === "microphone")
    .flatMap(({ deviceId, label, channels }) =>
      Array.from({ length: Math.max(1, channels > 2 ? channels : 1) }, (_, channel) => ({ deviceId, channel, label })),
    )
    .filter((microphone) => !taken.has(microphoneKey(microphone)));
  const word = camera.label.split(/[\s(]/)[0];
  const best = free.find(({ label }) => word !== "" && label.includes(word!)) ?? free[0];
  return best ? { deviceId: best.deviceId, channel: best.channel } : null;
}

/* Of a recording that is played as a camera: what hears everybody, or nobody, has no voice of its own. */
export function microphoneOf(role: Role): "own" | null {
  return role === "wide" || role === "screen" ? null : "own";
}

/* Who is on air first: who sees everybody, or the first with a picture. */
export function firstOnAir(sources: readonly Source[]): SourceId | null {
  const all = sources.filter(({ role, picture }) => role !== "mic" && picture.kind !== "none");
  const here = all.filter((source) => !isAway(source));
  const seen = here.length > 0 ? here : all;
  return (seen.find(({ role }) => role === "wide") ?? seen[0])?.id ?? null;
}

/* Of somebody who comes by a link and did not come yet. */
function isAway({ picture, stream }: Source): boolean {
  return (picture.kind === "guest" || picture.kind === "phone") && stream === null;
}

/* Whose microphones are listened to for voices. A wide camera hears everybody and would take them
 * from their own; where there is no other microphone, it is better than none. A guest is in another
 * room: nobody else is heard there, and nobody takes a voice from theirs. */
export function voices(sources: readonly Source[]): Source[] {
  const heard = sources.filter(({ microphone }) => microphone !== null);
  const isGuest = ({ picture }: Source) => picture.kind === "guest";
  const here = heard.filter((source) => !isGuest(source));
  const own = here.filter(({ role }) => role === "person" || role === "mic");
  const used = new Set([...(own.length > 0 ? own : here), ...heard.filter(isGuest)]);
  return heard.filter((source) => used.has(source));
}
