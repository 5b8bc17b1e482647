/* What of a show can be watched, and where it lies in time. Pure. */
import type { Cut, Manifest, SessionFile } from "../core/api";
import { programsOf } from "./show-times";

export interface Watchable {
  key: string;
  label: string;
  kind: "program" | "highlights" | "cut" | "part"; /* part: as it was cut live */
  name: string;
  cut: string | null;
  file: SessionFile;
}

function partLabel(name: string): string {
  const part = /\.(\d+)\./.exec(name)?.[1];
  return part ? `As cut live, part ${part}` : "As cut live";
}

/* What was made of it first; then what it was made of. */
export function watchablesOf(show: Manifest, cuts: readonly Cut[]): Watchable[] {
  const of = (files: readonly SessionFile[] | undefined, name: string) => files?.find((file) => file.name === name);
  const all: Watchable[] = [];
  const add = (kind: Watchable["kind"], label: string, file: SessionFile | undefined, cut: string | null = null) => {
    if (file) all.push({ key: cut === null ? file.name : `${cut}/${file.name}`, label, kind, name: file.name, cut, file });
  };
  add("program", "Program", of(show.files, "program.mp4"));
  add("highlights", "Highlights", of(show.files, "highlights.mp4"));
  for (const { cut, files } of cuts) add("cut", `Cut “${cut}”`, of(files, "program.mp4"), cut);
  for (const file of programsOf(show)) if (file.name !== "program.mp4") add("part", partLabel(file.name), file);
  return all;
}

/* A name that no cut has yet. */
export function freeName(cuts: readonly Cut[]): string {
  const taken = new Set(cuts.map(({ cut }) => cut));
  let n = 1;
  while (taken.has(`cut-${n}`)) n++;
  return `cut-${n}`;
}
