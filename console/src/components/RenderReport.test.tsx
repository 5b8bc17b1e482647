// @vitest-environment jsdom
import { describe, expect, test } from "vitest";
import { render, words } from "../testing/render";
import { RenderReport } from "./RenderReport";

const SOURCES = [{ id: "cam_2", label: "Tomas" }];

describe("how a show was rendered", () => {
  test("says what was copied", async () => {
    await render(<RenderReport report={{ pictures: "recut", frames: { program: 1000, copied: 930, encoded: 70 } }} sources={SOURCES} />);
    expect(words()).toContain("Copied from the cameras, encoded only at the cuts, 93.0 % of the pictures as they were recorded.");
  });

  test("says who is missing, what stands in, and what was warned of", async () => {
    const missing = [{ source: "cam_2", start: 61_200, end: 64_000 }];
    await render(<RenderReport report={{ missing, stand_ins: [{ by: "cam_2_local", start: 61_200, end: 64_000 }], warnings: ["no speech"] }} sources={SOURCES} />);
    expect(words()).toContain("2 remarks of the render");
    expect(words()).toContain("Tomas is missing for 2.8 s at 1:01, its own device's recording stands in");
    expect(words()).toContain("no speech");
  });

  test("says nothing where there is nothing to say", async () => {
    await render(<RenderReport report={{}} sources={SOURCES} />);
    expect(words()).toBe("");
  });
});
