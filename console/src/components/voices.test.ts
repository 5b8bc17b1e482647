import { expect, test } from "vitest";
import { colourOf } from "./voices";

test("people have colours of their own, wide shots and screens are grey", () => {
  const sources = [
    { id: "cam_1", role: "person" as const },
    { id: "cam_2", role: "wide" as const },
    { id: "cam_3", role: "person" as const },
    { id: "cam_4", role: "mic" as const },
  ];
  expect(sources.map((one) => colourOf(sources, one.id))).toEqual(["var(--v1)", "var(--v0)", "var(--v2)", "var(--v3)"]);
  expect(colourOf(sources, "cam_9")).toBe("var(--v0)");
});
