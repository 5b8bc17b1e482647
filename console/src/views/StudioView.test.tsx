// @vitest-environment jsdom
import { describe, expect, test } from "vitest";
import { FakeStudio } from "../testing/fake-studio";
import { button, key, press, render, words } from "../testing/render";
import { SCENES } from "../testing/scenes";
import { useStudioState } from "../hooks/use-studio-state";
import { StudioView } from "./StudioView";

function View() {
  return <StudioView state={useStudioState()} />;
}

async function show(scene = "recording"): Promise<FakeStudio> {
  const studio = new FakeStudio({ state: SCENES[scene]! });
  await render(<View />, studio);
  return studio;
}

const names = (studio: FakeStudio) => studio.calls.map((call) => call.join(" "));

describe("the studio", () => {
  test("says who is on air, and why", async () => {
    await show();
    expect(document.querySelector(".tile.air")?.textContent).toContain("Tomas");
    expect(document.querySelector(".tile.next")?.textContent).toContain("Ines");
    expect(document.querySelector(".why")?.textContent).toContain("Tomas took over: Maya stopped 0.6 s before");
  });

  test("cuts by number keys and by clicks", async () => {
    const studio = await show();
    await key("3");
    await press("Cut to Maya");
    await key("9"); /* there is no ninth camera */
    expect(names(studio)).toEqual(["cut cam_3", "cut cam_1"]);
  });

  test("holds by H and by Space, and gives back to auto by the same keys", async () => {
    const studio = await show();
    await key(" ");
    await key("h");
    await key("H");
    await key("a");
    expect(names(studio)).toEqual(["hold", "auto", "hold", "auto"]);
  });

  test("goes wide and marks by key", async () => {
    const studio = await show();
    await key("w");
    await key("m");
    expect(names(studio)).toEqual(["wide", "mark Marked by hand"]);
  });

  test("stops only after asking", async () => {
    const studio = await show();
    await key("r");
    expect(names(studio)).toEqual([]);
    expect(words()).toContain("Stop recording?");
    await press("Stop");
    expect(names(studio)).toEqual(["stop"]);
  });

  test("leaves keys to the dialog that is open", async () => {
    const studio = await show();
    await key("r");
    await key("1");
    expect(names(studio)).toEqual([]);
  });

  test("leaves Space to a button that somebody walked to by keyboard", async () => {
    const studio = await show();
    const settings = button("Settings");
    settings.matches = (selector: string) => selector === ":focus-visible" || HTMLElement.prototype.matches.call(settings, selector);
    await key(" ", settings);
    await key("2", settings);
    expect(names(studio)).toEqual(["cut cam_2"]);
  });

  test("shows each file that has trouble, in words", async () => {
    await show("trouble");
    expect(words()).toContain("camera unplugged at 23:58");
    expect(words()).toContain("server out of reach · recording goes on here");
  });

  test("lays speech and shots out in time", async () => {
    await show();
    const shots = [...document.querySelectorAll<HTMLElement>(".span.shot")];
    expect(shots.map((shot) => shot.textContent)).toEqual(["Maya", "Tomas", "Everybody", "Ines", "Maya", "Tomas"]);
    const starts = shots.map((shot) => parseFloat(shot.style.getPropertyValue("--t")));
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    expect(document.querySelectorAll(".lane .span:not(.shot)").length).toBe(7);
  });

  test("moves patience, and opens every setting", async () => {
    const studio = await show();
    await press("Settings");
    expect(document.querySelectorAll("dialog input[type=number]").length).toBe(18);
    expect(studio.state().directing.patience).toBe(6);
  });
});
