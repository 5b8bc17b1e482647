/* What somebody chooses for another cut, and the settings that say so. Pure. */
import type { PlannedShot, Wish } from "../core/recut";
import type { ProgramSpan } from "../core/api";
import { DEFAULTS, settingsOf } from "../core/director/patience";

export type Mode = Wish["mode"];

export interface Choice {
  patience: number; /* NaN: settings of its own */
  isWide: boolean; /* everybody, when several talk at once */
  mode: Mode;
  lookAhead: number; /* s */
}

type Numbers = Record<string, number>;

const MODES: readonly Mode[] = ["full", "look-ahead", "causal"];

function numbersOf(settings: Record<string, unknown> | undefined): Numbers {
  return Object.fromEntries(Object.entries(settings ?? {}).filter((one): one is [string, number] => typeof one[1] === "number"));
}

/* Wide shots may be off at any patience. */
function patienceIn(settings: Numbers): number {
  for (let patience = 0; patience <= 10; patience += 0.5) {
    const wanted = Object.entries(settingsOf(patience)).filter(([name]) => name !== "cross_talk");
    if (wanted.every(([name, value]) => Math.abs((settings[name] ?? DEFAULTS[name]!) - value) < 0.006)) return patience;
  }
  return NaN;
}

/* As the show is cut now. */
export function choiceOf(settings: Record<string, unknown> | undefined): Choice {
  const all: Numbers = { ...DEFAULTS, ...numbersOf(settings) };
  const mode = MODES.find((one) => one === settings?.["mode"]) ?? "full";
  return { patience: patienceIn(all), isWide: all["cross_talk"]! > 0, mode, lookAhead: all["look_ahead"]! > 0 ? all["look_ahead"]! : 1 };
}

/* All of the director's settings, in seconds. */
export function settingsFor(choice: Choice, settings: Record<string, unknown> | undefined): Numbers {
  const all: Numbers = { ...DEFAULTS, ...numbersOf(settings), ...(Number.isNaN(choice.patience) ? {} : settingsOf(choice.patience)) };
  const usual = all["cross_talk"]! > 0 ? all["cross_talk"]! : DEFAULTS["cross_talk"]!;
  return { ...all, cross_talk: choice.isWide ? usual : 0, look_ahead: choice.mode === "look-ahead" ? choice.lookAhead : 0 };
}

export function wishFor(choice: Choice, settings: Record<string, unknown> | undefined, span: ProgramSpan): Wish {
  return {
    settings: settingsFor(choice, settings),
    mode: choice.mode,
    start: span.start ?? 0,
    duration: span.duration ?? 0,
    rate: span.rate ?? null,
  };
}

export interface Rhythm {
  shots: number;
  aMinute: number;
  shortest: number; /* ms */
}

export function rhythmOf(shots: readonly { t: number }[], duration: number): Rhythm {
  const lengths = shots.map(({ t }, i) => (shots[i + 1]?.t ?? duration) - t);
  return { shots: shots.length, aMinute: duration > 0 ? (60_000 * shots.length) / duration : 0, shortest: Math.min(...lengths) };
}

/* Reasons of planned shots in words (src/director/reasons.c has the same). */
const WORDS: Record<string, string> = {
  opening: "the show begins",
  speaks: "speaks",
  interrupts: "takes over",
  "cross-talk": "several speak at once",
  silence: "nobody speaks",
  maximum: "the shot was long enough",
  reaction: "listens",
  return: "back again",
  slide: "a new slide",
  manual: "cut by hand",
  auto: "automatic again",
  lost: "the picture before was lost",
  back: "is back",
  planned: "fits best here",
};

export const reasonWords = (shot: PlannedShot): string => WORDS[shot.reason] ?? shot.reason;
