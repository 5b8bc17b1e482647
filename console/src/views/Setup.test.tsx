// @vitest-environment jsdom
import { act } from "react";
import { describe, expect, test } from "vitest";
import { useStudioState } from "../hooks/use-studio-state";
import { FakeStudio } from "../testing/fake-studio";
import { key, press, render, type, words } from "../testing/render";
import { SCENES } from "../testing/scenes";
import { Setup } from "./Setup";

function View() {
  return <Setup state={useStudioState()} />;
}

async function show(scene: string): Promise<FakeStudio> {
  const studio = new FakeStudio({ state: SCENES[scene]! });
  await render(<View />, studio);
  return studio;
}

const names = (studio: FakeStudio) => studio.calls.map((call) => call[0]);

describe("set-up", () => {
  test("asks for cameras, or opens the sample show", async () => {
    const studio = await show("welcome");
    await press("Use cameras and microphones");
    expect(names(studio)).toEqual(["askPermission"]);
    expect(words()).toContain("Sound check");
  });

  test("says what to do where a browser gives no camera", async () => {
    const studio = await show("no-https");
    expect(words()).toContain("https");
    await press("Open a sample show");
    expect(names(studio)).toEqual(["addSampleShow"]);
  });

  test("names people as they are typed", async () => {
    const studio = await show("setup");
    await type("Name of the show", "Sunday");
    expect(studio.state().name).toBe("Sunday");
  });

  test("records by button and by R", async () => {
    const studio = await show("setup");
    await key("r");
    expect(names(studio)).toEqual(["start"]);
  });

  test("says why recording cannot begin", async () => {
    const studio = await show("setup");
    studio.start = () => Promise.reject(new Error("The server has no room for another show."));
    await press("Record");
    expect(document.querySelector("[role=alert]")?.textContent).toContain("no room");
  });

  test("warns when the others are too loud in a microphone", async () => {
    await show("setup");
    expect(words()).toContain("The others are nearly as loud here. Move this microphone nearer to its person");
    expect(words()).toContain("Tomas: others are too loud in the microphone");
  });

  test("checks the sound of one person after another", async () => {
    const studio = await show("setup");
    await press("Sound check, one after another");
    await press("Start");
    expect(words()).toContain("Maya, keep talking.");
    await act(async () => studio.change({ soundCheck: null }));
    expect(words()).toContain("Heard well.");
    await press("Next: Tomas");
    expect(studio.calls.filter((call) => call[0] === "startSoundCheck").map((call) => call[1])).toEqual(["cam_1", "cam_2"]);
  });

  test("offers a phone its link as a code", async () => {
    await show("setup");
    await press("A phone as camera");
    expect(document.querySelector("svg.qr path")?.getAttribute("d")?.length).toBeGreaterThan(1000);
  });

  test("says why there can be no phone", async () => {
    const studio = await show("setup");
    studio.addPhone = () => Promise.reject(new Error("Phones need https."));
    await press("A phone as camera");
    expect(words()).toContain("Phones need https.");
  });

  test("asks before it discards what was not sent", async () => {
    const studio = await show("unfinished");
    await press("Discard");
    expect(names(studio)).toEqual([]);
    await press("Discard 48 MB");
    expect(names(studio)).toEqual(["discard"]);
  });
});
