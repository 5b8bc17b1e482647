/* Patience: one number, 0 … 10, for how long the director waits. 5 is its own defaults. Each step
 * away makes the waiting times longer or shorter by a fixed factor: what rules the rhythm (shortest
 * shot, going back) goes from a quarter to four times, what tells a remark from a turn from a half to
 * twice. What is not named here, patience leaves alone. Seconds. */

export type Settings = Record<string, number>;

export const DEFAULTS: Readonly<Settings> = {
  look_ahead: 0,
  confirm: 0,
  min_shot: 1.5,
  return: 2,
  max_shot: 0,
  interrupt: 12,
  ignore: 1,
  breath: 1,
  cross_talk: 5,
  wide_out: 0.2,
  silence: 15,
  opening: 0,
  reaction_after: 0,
  reaction: 3,
  slide: 8,
  manual_hold: 10,
  start_delay: 0.093,
  stop_delay: 0.395,
};

/* Setting → how often its time doubles from 5 to 10. */
const MOVED: Readonly<Record<string, number>> = {
  min_shot: 2,
  return: 2,
  interrupt: 1,
  ignore: 1,
  breath: 1,
  cross_talk: 1,
  silence: 1,
};

const STEP = 0.5;
const round = (seconds: number) => Math.round(seconds * 100) / 100;

export function settingsOf(patience: number): Settings {
  const steps = (Math.min(10, Math.max(0, patience)) - 5) / 5;
  return Object.fromEntries(
    Object.entries(MOVED).map(([name, doublings]) => [name, round(DEFAULTS[name]! * 2 ** (doublings * steps))]),
  );
}

/* The patience whose settings these are; NaN when there is none. */
export function patienceOf(settings: Readonly<Settings>): number {
  for (let patience = 0; patience <= 10; patience += STEP) {
    const wanted = settingsOf(patience);
    const isIt = Object.entries(wanted).every(([name, value]) => Math.abs((settings[name] ?? DEFAULTS[name]!) - value) < 0.006);
    if (isIt) return patience;
  }
  return NaN;
}
