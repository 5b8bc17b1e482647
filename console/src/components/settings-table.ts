/* The director's settings for people: words, groups, ranges in seconds. A test holds the table
 * against the director's own. */
export interface Setting {
  name: string;
  label: string;
  help: string;
  min: number;
  max: number;
  standard: number;
  zero?: string; /* what 0 means, where it means something of its own */
}

export interface SettingGroup {
  title: string;
  settings: Setting[];
}

export const SETTING_GROUPS: SettingGroup[] = [
  {
    title: "Rhythm",
    settings: [
      { name: "min_shot", label: "Shortest shot", help: "No shot is shorter, except when a camera is lost or you cut.", min: 0.2, max: 30, standard: 1.5 },
      { name: "max_shot", label: "Longest shot", help: "After this long something else, for variety.", min: 0, max: 600, standard: 0, zero: "no limit" },
      { name: "return", label: "No way back for", help: "The picture before does not come back sooner than this.", min: 0, max: 30, standard: 2 },
      { name: "look_ahead", label: "Look-ahead", help: "The program runs this much later, so that cuts land before the word.", min: 0, max: 10, standard: 0, zero: "cut at once" },
    ],
  },
  {
    title: "Who gets the screen",
    settings: [
      { name: "confirm", label: "Speak before cut", help: "Somebody speaks this long before the picture is theirs.", min: 0, max: 5, standard: 0, zero: "automatic" },
      { name: "ignore", label: "Interjections", help: "Speech shorter than this, such as “mhm”, is never cut to.", min: 0, max: 5, standard: 1 },
      { name: "interrupt", label: "Talking over", help: "Who talks this long over the person on screen takes the screen.", min: 0.2, max: 60, standard: 12 },
      { name: "breath", label: "Pause for breath", help: "A pause this short does not end a turn.", min: 0, max: 5, standard: 1 },
    ],
  },
  {
    title: "Wide shots",
    settings: [
      { name: "cross_talk", label: "Several talk", help: "When several talk at once for this long, everybody is shown.", min: 0, max: 60, standard: 5, zero: "off" },
      { name: "wide_out", label: "Leave the wide", help: "The wide shot ends when one person alone talks this long.", min: 0, max: 10, standard: 0.2 },
      { name: "silence", label: "Nobody talks", help: "When nobody talks for this long, everybody is shown.", min: 0, max: 600, standard: 15, zero: "off" },
      { name: "opening", label: "Opening", help: "The show begins with a wide shot of this length.", min: 0, max: 60, standard: 0, zero: "off" },
    ],
  },
  {
    title: "Listeners and slides",
    settings: [
      { name: "reaction_after", label: "Reaction after", help: "In a monologue this long, a listener is shown for a moment.", min: 0, max: 600, standard: 0, zero: "off" },
      { name: "reaction", label: "Reaction lasts", help: "How long the listener is shown.", min: 1, max: 30, standard: 3 },
      { name: "slide", label: "New slide", help: "A slide that changed is shown this long.", min: 0, max: 600, standard: 8, zero: "off" },
    ],
  },
  {
    title: "By hand and by ear",
    settings: [
      { name: "manual_hold", label: "After a cut by hand", help: "Automatic cutting comes back after this long.", min: 0, max: 3600, standard: 10, zero: "stay" },
      { name: "start_delay", label: "Start heard late by", help: "Usual delay with which the start of speech is noticed, where it is not known.", min: 0, max: 2, standard: 0.093 },
      { name: "stop_delay", label: "End heard late by", help: "Usual delay with which the end of speech is noticed, where it is not known.", min: 0, max: 5, standard: 0.395 },
    ],
  },
];

export const SETTINGS: Setting[] = SETTING_GROUPS.flatMap((group) => group.settings);

export const DEFAULTS: Record<string, number> = Object.fromEntries(
  SETTINGS.map((setting) => [setting.name, setting.standard]),
);

/* What each kind of show sets; all else is as the defaults. */
export const PRESETS: { name: string; label: string; values: Record<string, number> }[] = [
  { name: "podcast", label: "Podcast", values: { opening: 5, max_shot: 30, reaction_after: 18, reaction: 3, silence: 6 } },
  { name: "meeting", label: "Meeting", values: { min_shot: 2.5, opening: 4, max_shot: 60, reaction_after: 30, cross_talk: 3, silence: 6, slide: 10 } },
  { name: "church", label: "Church", values: { min_shot: 4, opening: 8, max_shot: 45, reaction_after: 40, reaction: 5, breath: 2.5, silence: 12, slide: 12 } },
  { name: "conference", label: "Conference", values: { min_shot: 3, opening: 6, max_shot: 60, reaction_after: 45, reaction: 4, breath: 1.5, silence: 12, slide: 15 } },
];

export function presetOf(settings: Record<string, number>): string {
  const isSame = (values: Record<string, number>) =>
    SETTINGS.every(({ name, standard }) => (settings[name] ?? standard) === (values[name] ?? standard));
  if (isSame({})) return "standard";
  return PRESETS.find((preset) => isSame(preset.values))?.name ?? "own";
}
