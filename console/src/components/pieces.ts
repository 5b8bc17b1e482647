/* The pieces of the highlights while somebody changes them. Pure. Times are ms of the program; pieces
 * are in time order and never overlap. */
import type { Piece } from "../core/api";

export interface ChosenPiece extends Piece {
  at?: number; /* where it begins in highlights.mp4; of those that are rendered */
  people?: string[];
  reason?: string; /* why it was chosen */
}

export interface HighlightsFile {
  total?: number;
  pieces: ChosenPiece[];
  note?: string;
}

export const PIECES_MAX = 60;
export const TOTAL_MAX_MS = 600_000;
const LEAST_MS = 1000;
const NEW_MS = 10_000;

export type Edge = "start" | "end";

export const totalOf = (pieces: readonly Piece[]): number => pieces.reduce((sum, { start, end }) => sum + end - start, 0);

export function isSame(a: readonly Piece[], b: readonly Piece[]): boolean {
  return a.length === b.length && a.every(({ start, end }, i) => start === b[i]!.start && end === b[i]!.end);
}

/* How far an edge may go: to its neighbour, and a second from the other edge. */
export function limitsOf(pieces: readonly Piece[], i: number, edge: Edge, duration: number): [number, number] {
  const piece = pieces[i]!;
  return edge === "start" ? [pieces[i - 1]?.end ?? 0, piece.end - LEAST_MS] : [piece.start + LEAST_MS, pieces[i + 1]?.start ?? duration];
}

function withPiece<T extends Piece>(pieces: readonly T[], i: number, piece: T): T[] {
  return pieces.map((one, j) => (j === i ? piece : one));
}

export function withEdge<T extends Piece>(pieces: readonly T[], i: number, edge: Edge, t: number, duration: number): T[] {
  const [least, most] = limitsOf(pieces, i, edge, duration);
  return withPiece(pieces, i, { ...pieces[i]!, [edge]: Math.round(Math.min(most, Math.max(least, t))) });
}

/* The whole piece goes there, up to its neighbours, as long as it is. */
export function withMoved<T extends Piece>(pieces: readonly T[], i: number, start: number, duration: number): T[] {
  const piece = pieces[i]!;
  const length = piece.end - piece.start;
  const least = pieces[i - 1]?.end ?? 0;
  const most = (pieces[i + 1]?.start ?? duration) - length;
  const at = Math.round(Math.max(least, Math.min(most, start)));
  return withPiece(pieces, i, { ...piece, start: at, end: at + length });
}

/* Ten seconds from `at` on, or what is free there; null: nothing is. */
export function withNew(pieces: readonly ChosenPiece[], at: number, duration: number): { pieces: ChosenPiece[]; i: number } | null {
  if (pieces.length >= PIECES_MAX || pieces.some(({ start, end }) => start <= at && at < end)) return null;
  const i = pieces.filter(({ end }) => end <= at).length;
  const end = Math.min(at + NEW_MS, pieces[i]?.start ?? duration, duration);
  const start = Math.max(pieces[i - 1]?.end ?? 0, Math.min(at, end - LEAST_MS));
  if (end - start < LEAST_MS) return null;
  return { pieces: [...pieces.slice(0, i), { start: Math.round(start), end: Math.round(end) }, ...pieces.slice(i)], i };
}

/* ---- highlights.mp4 ---- */

/* Where in the program highlights.mp4 is at this time. */
export function programTimeOf(pieces: readonly ChosenPiece[], t: number): number {
  const piece = pieces.findLast(({ at }) => at !== undefined && at <= t) ?? pieces[0];
  return piece ? piece.start + Math.max(0, t - (piece.at ?? 0)) : t;
}

/* Where in highlights.mp4 this moment of the program is; null: it is not in it. */
export function highlightTimeOf(pieces: readonly ChosenPiece[], t: number): number | null {
  const piece = pieces.find(({ start, end }) => start <= t && t < end);
  return piece?.at === undefined ? null : piece.at + t - piece.start;
}
