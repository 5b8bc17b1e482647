// @vitest-environment jsdom
import { act } from "react";
import { beforeEach, describe, expect, test } from "vitest";
import type { StartPlanner, Wish } from "../core/recut";
import { PlannerContext } from "../hooks/use-recut";
import { calls, fakeApi } from "../testing/fake-server";
import { button, press, render, words } from "../testing/render";
import { ShowPage } from "./ShowPage";

const asked: Wish[] = [];
let closed = 0;
const planner: StartPlanner = () => ({
  plan: async (wish) => {
    asked.push(wish);
    return [
      { t: 0, source: "cam_1", reason: "planned" },
      { t: 30_000, source: "cam_2", reason: "planned" },
    ];
  },
  close: () => void closed++,
});
const draw = (api = fakeApi()) =>
  render(
    <PlannerContext value={planner}>
      <ShowPage id="a" />
    </PlannerContext>,
    undefined,
    api,
  );
const settle = () => act(async () => new Promise((done) => setTimeout(done, 20)));

beforeEach(async () => {
  calls.length = 0;
  asked.length = 0;
  closed = 0;
  await draw();
  await settle();
});

describe("the page of a show", () => {
  test("has its highlights on the timeline, and what each of its files is", () => {
    expect(button("Piece 2, 0:33 to 0:44").getAttribute("aria-pressed")).toBe("false");
    expect(words()).toContain("timeline: Final Cut Pro");
    expect(document.querySelector("a[href='/sessions/a/zip']")?.textContent).toContain("Download all");
    expect(document.querySelector("a[href='/sessions/a/cuts/calm/program.edl?download']")).not.toBeNull();
  });

  test("says what it took", () => {
    expect(words()).toContain("1 min in 3 renders");
  });

  test("plans another cut without asking the server, and shows it at once", async () => {
    await press("Cut it differently");
    await settle();
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ mode: "full", start: 0, duration: 61_200, rate: [30, 1] });
    expect(words()).toContain("2 shots instead of 6");
    expect(document.querySelector("[role=group][aria-label='New cut']")?.querySelectorAll("button")).toHaveLength(2);
    await press("As live");
    await settle();
    expect(asked.at(-1)?.mode).toBe("causal");
    expect(calls.filter((call) => call.startsWith("POST"))).toEqual([]);
    await press("Close");
    expect(closed).toBe(1);
  });

  test("renders it under a name of its own", async () => {
    await press("Cut it differently");
    await settle();
    await press("Render this cut");
    expect(calls).toContain("POST /sessions/a/render");
  });

  test("is deleted once somebody is sure", async () => {
    await press("Delete cut calm");
    expect(calls.filter((call) => call.startsWith("DELETE"))).toEqual([]);
    const asked = calls.filter((call) => call === "GET /sessions/a/cuts").length;
    await press("Delete the cut");
    await settle();
    expect(calls).toContain("DELETE /sessions/a/cuts/calm");
    expect(calls.filter((call) => call === "GET /sessions/a/cuts")).toHaveLength(asked + 1);
  });

  test("plays what was made of it, and compares", async () => {
    const film = () => document.querySelector("video")!.getAttribute("src");
    expect(film()).toBe("/sessions/a/program.mp4");
    await press("Cut “calm”");
    await settle();
    expect(film()).toBe("/sessions/a/cuts/calm/program.mp4");
    expect(document.querySelectorAll("[aria-label=Program] button")).toHaveLength(2);
    await press("Highlights");
    await settle();
    expect(film()).toBe("/sessions/a/highlights.mp4");
    /* What is not in the highlights is shown in the program. */
    await press("Tomas at 0:19, Tomas took over: Maya stopped 0.8 s before");
    expect(film()).toBe("/sessions/a/program.mp4");
  });
});
