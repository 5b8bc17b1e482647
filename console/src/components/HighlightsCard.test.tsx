// @vitest-environment jsdom
import { act, useState } from "react";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { calls, fakeApi } from "../testing/fake-server";
import { press, render, words } from "../testing/render";
import { HighlightsCard } from "./HighlightsCard";
import type { ChosenPiece } from "./pieces";

const RENDERED: ChosenPiece[] = [
  { start: 5000, end: 13_000, at: 0, reason: "Maya, 95 % speech, 1 cut" },
  { start: 20_000, end: 30_000, at: 8000, reason: "Tomas, 80 % speech, 0 cuts" },
];
const TIMES = { start: 0, duration: 60_000, shots: [{ t: 0, end: 60_000, source: "cam_1", reason: "" }], spoken: [{ source: "cam_1", start: 5500, end: 12_000 }] };
const SOURCES = [{ id: "cam_1", label: "Maya" }];
const looks: number[] = [];
let position = 0;
let latest: ChosenPiece[] = [];

function Held() {
  const [pieces, setPieces] = useState(RENDERED);
  const [chosen, setChosen] = useState<number | null>(null);
  latest = pieces;
  return (
    <HighlightsCard
      id="a"
      sources={SOURCES}
      times={TIMES}
      rendered={RENDERED}
      note={undefined}
      pieces={pieces}
      chosen={chosen}
      isBusy={false}
      now={{ current: () => position }}
      onPieces={setPieces}
      onChoose={setChosen}
      onLook={(t) => looks.push(t)}
      onPlay={() => {}}
      onChanged={() => calls.push("changed")}
    />
  );
}

const slider = (name: string) => document.querySelector<HTMLElement>(`[role=slider][aria-label="${name}"]`)!;
const hit = (name: string, key: string, shiftKey = false) =>
  act(async () => void slider(name).dispatchEvent(new KeyboardEvent("keydown", { key, shiftKey, bubbles: true, cancelable: true })));

function pointer(type: string, clientX: number): Event {
  return Object.assign(new MouseEvent(type, { clientX, bubbles: true }), { pointerId: 1 });
}

beforeEach(async () => {
  calls.length = 0;
  looks.length = 0;
  position = 0;
  HTMLElement.prototype.setPointerCapture = () => {};
  await render(<Held />, undefined, fakeApi());
});

describe("the highlights", () => {
  test("say why each piece was chosen", () => {
    expect(words()).toContain("Maya, 95 % speech, 1 cut");
    expect(words()).toContain("2 pieces · 18.0 s");
    expect(words()).not.toContain("Render these");
  });

  test("edges are sliders that arrow keys move", async () => {
    await press("Change piece 1");
    await hit("Start of piece 1", "ArrowLeft");
    expect(latest[0]).toMatchObject({ start: 4900, end: 13_000 });
    await hit("End of piece 1", "ArrowRight", true);
    expect(latest[0]!.end).toBe(14_000);
    await hit("End of piece 1", "End");
    expect(latest[0]!.end).toBe(20_000);
    expect(slider("End of piece 1").getAttribute("aria-valuenow")).toBe("20");
    expect(slider("End of piece 1").getAttribute("aria-valuetext")).toBe("0:20.0");
    expect(slider("Start of piece 1").getAttribute("aria-valuemax")).toBe("19");
    expect(looks.at(-1)).toBe(20_000);
  });

  test("edges and whole pieces are dragged", async () => {
    await press("Change piece 2");
    vi.spyOn(HTMLElement.prototype, "getBoundingClientRect").mockReturnValue({ left: 0, width: 340, top: 0, right: 340 } as DOMRect); /* 8 s to 42 s: 10 px a second */
    const body = document.querySelector(".near .body")!;
    await act(async () => void slider("Start of piece 2").dispatchEvent(pointer("pointerdown", 120)));
    await act(async () => void slider("Start of piece 2").dispatchEvent(pointer("pointermove", 150)));
    await act(async () => void slider("Start of piece 2").dispatchEvent(pointer("pointerup", 150)));
    expect(latest[1]).toMatchObject({ start: 23_000, end: 30_000 });
    await act(async () => void body.dispatchEvent(pointer("pointerdown", 200)));
    await act(async () => void body.dispatchEvent(pointer("pointermove", 190)));
    expect(latest[1]!.end - latest[1]!.start).toBe(7000);
    expect(latest[1]!.start).toBeLessThan(23_000);
  });

  test("are rendered as they are now, or put back", async () => {
    await press("Change piece 2");
    await press("Remove piece 2");
    await press("Render these");
    expect(calls).toEqual(["POST /sessions/a/render", "changed"]);
    await press("As they were");
    expect(latest).toEqual(RENDERED);
  });

  test("a new piece begins where the player is, unless there is one", async () => {
    position = 40_000;
    await press("Add one here");
    expect(latest[2]).toEqual({ start: 40_000, end: 50_000 });
    expect(words()).toContain("chosen by hand");
    position = 6000;
    await press("Add one here");
    expect(latest).toHaveLength(3);
    expect(document.querySelector("[role=alert]")?.textContent).toContain("There is a piece already");
  });
});
