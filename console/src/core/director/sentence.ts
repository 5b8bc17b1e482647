/* Decisions in words, as the server says them (src/edit/reason.c). */
const SENTENCES: Record<string, string> = {
  opening: "The show begins with %s",
  speaks: "%s speaks",
  interrupts: "%s takes over",
  "cross-talk": "Several speak at once: %s",
  silence: "Nobody speaks: %s",
  maximum: "The shot was long enough: %s",
  reaction: "%s listens",
  return: "Back to %s",
  slide: "%s shows a new slide",
  manual: "Cut to %s by hand",
  auto: "Automatic again: %s",
  lost: "%s, because the picture before was lost",
  back: "%s is back",
};

export function sentence(reason: string, label: string | null): string {
  return label === null ? "Nothing can be shown" : (SENTENCES[reason] ?? "%s").replace("%s", () => label);
}
