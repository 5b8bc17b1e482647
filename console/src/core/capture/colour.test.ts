import { describe, expect, test } from "vitest";
import { convertPlanes, drawnToPlanes, matrixOf } from "./colour";
import { sharedColour, USUAL_COLOUR } from "./picture";

const HD = matrixOf(USUAL_COLOUR)!;
const SD = matrixOf({ matrix: "smpte170m", fullRange: false })!;
const JPEG = matrixOf({ matrix: "smpte170m", fullRange: true })!;
const COLOURS = [[255, 255, 255], [0, 0, 0], [128, 128, 128], [200, 40, 60], [20, 180, 90], [30, 60, 220]] as const;

function picture([r, g, b]: readonly [number, number, number]): Uint8ClampedArray {
  return Uint8ClampedArray.from({ length: 4 * 4 * 4 }, (_, i) => [r, g, b, 255][i % 4]!);
}

function sample(planes: Uint8Array): number[] {
  return [planes[0]!, planes[16]!, planes[20]!];
}

describe("colours", () => {
  test("white and black are at the ends of their range", () => {
    expect(sample(drawnToPlanes(picture([255, 255, 255]), 4, 4, HD))).toEqual([235, 128, 128]);
    expect(sample(drawnToPlanes(picture([0, 0, 0]), 4, 4, HD))).toEqual([16, 128, 128]);
    expect(sample(drawnToPlanes(picture([255, 255, 255]), 4, 4, JPEG))).toEqual([255, 128, 128]);
  });

  test.each([["SD", SD], ["JPEG", JPEG]] as const)("are the same after a change from %s", (_name, from) => {
    for (const colour of COLOURS) {
      const planes = drawnToPlanes(picture(colour), 4, 4, from);
      convertPlanes(planes, { width: 4, height: 4, isInterleaved: false }, from, HD);
      const wanted = sample(drawnToPlanes(picture(colour), 4, 4, HD));
      sample(planes).forEach((value, i) => expect(Math.abs(value - wanted[i]!)).toBeLessThanOrEqual(2));
    }
  });

  test("of interleaved planes come out as those of separate ones", () => {
    const planes = drawnToPlanes(picture([200, 40, 60]), 4, 4, SD);
    const pairs = Uint8Array.from([...planes.subarray(0, 16), ...[0, 1, 2, 3].flatMap((i) => [planes[16 + i]!, planes[20 + i]!])]);
    convertPlanes(planes, { width: 4, height: 4, isInterleaved: false }, SD, HD);
    convertPlanes(pairs, { width: 4, height: 4, isInterleaved: true }, SD, HD);
    expect([pairs[0], pairs[16], pairs[17]]).toEqual(sample(planes));
  });

  test("of a show are those of most cameras", () => {
    const sd = { primaries: "smpte170m", transfer: "smpte170m", matrix: "smpte170m", fullRange: false } as const;
    const jpeg = { primaries: "bt709", transfer: "iec61966-2-1", matrix: "smpte170m", fullRange: true } as const;
    expect(sharedColour([sd, jpeg, sd])).toEqual(sd);
    expect(sharedColour([jpeg, sd])).toEqual(sd);
    expect(sharedColour([{ matrix: "rgb" }])).toEqual(USUAL_COLOUR);
    expect(sharedColour([])).toEqual(USUAL_COLOUR);
  });
});
