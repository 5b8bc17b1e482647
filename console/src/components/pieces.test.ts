import { describe, expect, test } from "vitest";
import { highlightTimeOf, isSame, limitsOf, programTimeOf, totalOf, withEdge, withMoved, withNew } from "./pieces";

const PIECES = [
  { start: 5000, end: 13_000, at: 0 },
  { start: 20_000, end: 30_000, at: 8000 },
];
const edges = (pieces: { start: number; end: number }[]) => pieces.map(({ start, end }) => [start, end]);

describe("pieces of the highlights", () => {
  test("an edge goes to its neighbour and no further", () => {
    expect(edges(withEdge(PIECES, 1, "start", 9000, 60_000))).toEqual([[5000, 13_000], [13_000, 30_000]]);
    expect(edges(withEdge(PIECES, 0, "end", 99_000, 60_000))).toEqual([[5000, 20_000], [20_000, 30_000]]);
    expect(edges(withEdge(PIECES, 1, "end", 99_000, 60_000))).toEqual([[5000, 13_000], [20_000, 60_000]]);
    expect(limitsOf(PIECES, 0, "start", 60_000)).toEqual([0, 12_000]);
  });

  test("a piece keeps a second", () => {
    expect(edges(withEdge(PIECES, 0, "start", 14_000, 60_000))[0]).toEqual([12_000, 13_000]);
    expect(edges(withEdge(PIECES, 0, "end", 0, 60_000))[0]).toEqual([5000, 6000]);
  });

  test("a whole piece moves between its neighbours", () => {
    expect(edges(withMoved(PIECES, 0, 11_000.4, 60_000))[0]).toEqual([11_000, 19_000]);
    expect(edges(withMoved(PIECES, 0, 90_000, 60_000))[0]).toEqual([12_000, 20_000]);
    expect(edges(withMoved(PIECES, 1, -5, 60_000))[1]).toEqual([13_000, 23_000]);
  });

  test("a new one takes what is free", () => {
    expect(withNew(PIECES, 40_000, 60_000)).toEqual({ i: 2, pieces: [...PIECES, { start: 40_000, end: 50_000 }] });
    expect(withNew(PIECES, 15_000, 60_000)?.pieces[1]).toEqual({ start: 15_000, end: 20_000 });
    expect(withNew(PIECES, 59_800, 60_000)?.pieces[2]).toEqual({ start: 59_000, end: 60_000 });
  });

  test("there is none within another, or where less than a second is free", () => {
    expect(withNew(PIECES, 6000, 60_000)).toBeNull();
    expect(withNew([{ start: 0, end: 5000 }, { start: 5500, end: 9000 }], 5200, 60_000)).toBeNull();
  });

  test("their length together, and whether they were changed", () => {
    expect(totalOf(PIECES)).toBe(18_000);
    expect(isSame(PIECES, withEdge(PIECES, 0, "end", 13_000, 60_000))).toBe(true);
    expect(isSame(PIECES, withEdge(PIECES, 0, "end", 12_900, 60_000))).toBe(false);
  });

  test("highlights.mp4 and the program know where the other is", () => {
    expect(programTimeOf(PIECES, 8000)).toBe(20_000);
    expect(programTimeOf(PIECES, 7000)).toBe(12_000);
    expect(highlightTimeOf(PIECES, 21_000)).toBe(9000);
    expect(highlightTimeOf(PIECES, 15_000)).toBeNull();
  });
});
