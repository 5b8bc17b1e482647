// @vitest-environment jsdom
import { act, createRef, useState } from "react";
import { describe, expect, test } from "vitest";
import type { Guest } from "../core/studio";
import { useStudioState } from "../hooks/use-studio-state";
import { FakeStudio } from "../testing/fake-studio";
import { button, press, render, type, words } from "../testing/render";
import { SCENES } from "../testing/scenes";
import { GuestsCard, guestWords, tallyOf } from "./GuestsCard";

const field = createRef<HTMLInputElement>();
function View() {
  const [isAdding, setAdding] = useState(false);
  return <GuestsCard state={useStudioState()} isAdding={isAdding} setAdding={setAdding} chat={field} />;
}

async function show(scene = "guests"): Promise<FakeStudio> {
  const studio = new FakeStudio({ state: SCENES[scene]! });
  await render(<View />, studio);
  return studio;
}
const names = (studio: FakeStudio) => studio.calls.map((call) => call.join(" "));
const rows = () => [...document.querySelectorAll(".guest")].map((row) => row.textContent ?? "");

describe("the card of guests", () => {
  test("says of each who is on air, who is here and who is not yet", async () => {
    await show();
    const [tomas, ines, professor] = rows();
    expect(tomas).toContain("● On air");
    expect(tomas).toContain("Picture and sound");
    expect(ines).toContain("▸ Next?");
    expect(ines).toContain("Microphone muted");
    expect(professor).toContain("○ Waiting");
    expect(document.querySelector("[role=status]")?.textContent).toBe("Here: Tomas, Ines");
  });

  test("mutes, and asks who is muted to unmute: nobody opens another's microphone", async () => {
    const studio = await show();
    await press("Mute Tomas");
    await press("Ask to unmute Ines");
    expect(names(studio)).toEqual(["muteGuest cam_2", "askToUnmute cam_3"]);
    expect(() => button("Mute Professor Adeyemi-Lindqvist")).toThrow();
  });

  test("is quiet in this room alone, and lets guests hear it or not", async () => {
    const studio = await show();
    await press("Quiet here Tomas");
    await press("Play here Ines");
    await act(async () => document.querySelector<HTMLInputElement>("input[type=checkbox]")!.click());
    expect(names(studio)).toEqual(["quietGuest cam_2 true", "quietGuest cam_3 false", "letStudioBeHeard false"]);
    expect(words()).toContain("headphones");
  });

  test("removes only after asking", async () => {
    const studio = await show();
    await press("Remove Tomas");
    expect(names(studio)).toEqual([]);
    expect(words()).toContain("their link does not let them in again");
    await act(async () => document.querySelector<HTMLButtonElement>("dialog .record")!.click());
    expect(names(studio)).toEqual(["removeGuest cam_2"]);
    expect(document.querySelector("dialog")).toBe(null);
  });

  test("makes a link for a new guest, and again for one who is there", async () => {
    const studio = await show();
    await press("Add a guest");
    await type("Name of the guest", "Wanda");
    await act(async () => document.querySelector("form#guest")!.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true })));
    expect(document.querySelector<HTMLInputElement>("[aria-label=\"The guest's link\"]")?.value).toContain("#guest=");
    await press("Done");
    await press("Link of Ines");
    expect(words()).toContain("This address is for this machine alone");
    expect(names(studio)).toEqual(["addGuest Wanda", "guestLink cam_3"]);
  });

  test("writes to the guests", async () => {
    const studio = await show();
    expect(document.querySelector("[role=log]")?.textContent).toContain("Tomas Can you hear the bells");
    const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")!.set!;
    await act(async () => {
      set.call(field.current, "One minute");
      field.current!.dispatchEvent(new Event("input", { bubbles: true }));
    });
    await act(async () => document.querySelector("form.chat")!.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true })));
    expect(names(studio)).toEqual(["say One minute"]);
    expect(field.current!.value).toBe("");
  });

  test("says what to set where there is no LiveKit", async () => {
    await show("no-livekit");
    await press("Add a guest");
    expect(words()).toContain("CROSSCUT_LIVEKIT_URL");
    expect(button("Make a link").disabled).toBe(true);
  });
});

test("states of guests are said as people say them", () => {
  const state = SCENES["guests"]!;
  const guest: Guest = state.guests.guests[0]!;
  const source = state.sources[1]!;
  const said = (change: Partial<Guest>, trouble: string | null = null) => guestWords({ ...guest, ...change }, { ...source, trouble });
  expect(said({ state: "away" })).toBe("Not here yet");
  expect(said({ state: "opening" })).toContain("page is open");
  expect(said({ state: "left" })).toContain("come back");
  expect(said({}, "Their camera is off.")).toBe("Their camera is off.");
  expect(said({ hasSound: false })).toBe("Picture only");
  expect(tallyOf({ ...guest, state: "left" }, state)).toBe("left");
  expect(tallyOf({ ...guest, id: "cam_9" }, state)).toBe("here");
});
