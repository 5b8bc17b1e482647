import { describe, expect, test } from "vitest";
import { avcCodec, OneHeader, parameterSets } from "./avc";
import { partName } from "./parts";

/* Of Chromium's encoder: one SPS of 18 bytes, one PPS of 4. */
const AVCC = Uint8Array.from(
  "0142c01fffe100126742c01f8c8d402802dd350606060784423501000468ce3c80".match(/../g)!.map((hex) => parseInt(hex, 16)),
);

describe("H.264", () => {
  test("is asked for at the lowest level that holds the picture", () => {
    expect(avcCodec(1280, 720, 30)).toBe("avc1.42001f");
    expect(avcCodec(1920, 1080, 30)).toBe("avc1.420028");
    expect(avcCodec(1920, 1080, 60)).toBe("avc1.42002a");
    expect(avcCodec(3840, 2160, 30)).toBe("avc1.420033");
    expect(() => avcCodec(16000, 16000, 30)).toThrow("no level");
  });

  test("has its parameter sets in its avcC", () => {
    const sets = parameterSets(AVCC);
    expect([...sets.subarray(0, 6)]).toEqual([0, 0, 0, 18, 0x67, 0x42]);
    expect([...sets.subarray(22)]).toEqual([0, 0, 0, 4, 0x68, 0xce, 0x3c, 0x80]);
  });

  test("is refused when its avcC is cut off", () => {
    expect(() => parameterSets(AVCC.subarray(0, 15))).toThrow("cut off");
  });

  test("carries its parameter sets with every keyframe once two encoders differ", () => {
    const data = Uint8Array.of(9, 9);
    const other = AVCC.slice();
    other[17] = 0;
    const file = new OneHeader(AVCC);
    const sizes = [AVCC, other, AVCC].map((description) => file.fit(data, true, description).length);
    expect(sizes).toEqual([2, 2 + 30, 2 + 30]);
    expect(file.fit(data, false, other)).toBe(data);
  });
});

test("recordings are named after their source and part", () => {
  expect(partName("cam_1", 1, "mkv")).toBe("cam_1_iso.mkv");
  expect(partName("cam_1", 2, "mkv")).toBe("cam_1_iso.2.mkv");
  expect(partName(null, 1, "webm")).toBe("program.webm");
  expect(partName(null, 3, "webm")).toBe("program.3.webm");
});
