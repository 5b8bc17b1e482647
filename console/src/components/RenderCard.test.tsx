// @vitest-environment jsdom
import { beforeEach, describe, expect, test } from "vitest";
import type { Manifest, RenderState } from "../core/api";
import { calls, fakeApi } from "../testing/fake-server";
import { press, render, words } from "../testing/render";
import { RenderCard, renderWords } from "./RenderCard";

const base: RenderState = { state: "running", progress: 47.3, left: 61_000, error: null };
const show = (render?: RenderState, state: Manifest["state"] = "complete"): Manifest => ({ id: "a", started_at: "2026-11-24T19:00:00Z", state, render });
const answers = { "POST /sessions/a/render": { render: { ...base, state: "waiting" } }, "DELETE /sessions/a/render": {} };
const button = () => document.querySelector("button")!;
let changes = 0;

const draw = (one: Manifest, api = fakeApi(answers)) => render(<RenderCard show={one} onChanged={() => changes++} />, undefined, api);

beforeEach(() => {
  calls.length = 0;
  changes = 0;
});

describe("the card of a render", () => {
  test("asks for one", async () => {
    await draw(show());
    await press("Render");
    expect(calls).toEqual(["POST /sessions/a/render"]);
    expect(changes).toBe(1);
  });

  test("waits until all of the show is there", async () => {
    await draw(show(undefined, "stopping"));
    expect(button().disabled).toBe(true);
  });

  test("shows how far it is, and cancels", async () => {
    await draw(show(base));
    expect(document.querySelector("progress")?.value).toBe(47.3);
    expect(words()).toContain("1:01 left");
    await press("Cancel");
    expect(calls).toEqual(["DELETE /sessions/a/render"]);
  });

  test("says it aloud at each tenth only", async () => {
    await draw(show(base));
    expect(document.querySelector("[role=status]")?.textContent).toBe("Rendering, 40 %.");
    expect(renderWords({ ...base, progress: 42 })).toBe(renderWords({ ...base, progress: 49.9 }));
  });

  test("says which part is made anew", () => {
    expect(renderWords({ ...base, only: "timelines" })).toBe("Timelines: rendering, 40 %.");
    expect(renderWords({ ...base, only: "highlights", state: "waiting" })).toBe("Highlights: waiting for its turn.");
  });

  test("says why it failed, and offers it again", async () => {
    await draw(show({ ...base, state: "failed", error: "cam_1_iso.mkv: no picture" }));
    expect(words()).toContain("It failed: cam_1_iso.mkv: no picture");
    expect(button().textContent).toBe("Render");
  });

  test("says what was refused", async () => {
    await draw({ ...show(), id: "gone" }, fakeApi());
    await press("Render");
    expect(document.querySelector("[role=alert]")?.textContent).toContain("There is no such show.");
  });
});
