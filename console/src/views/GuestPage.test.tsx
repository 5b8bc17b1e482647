// @vitest-environment jsdom
import { act } from "react";
import { expect, test } from "vitest";
import type { GuestState } from "../core/guest/guest";
import { FakeGuest, FakeViewer, IN } from "../testing/fake-guest";
import { button, key, press, render, words } from "../testing/render";
import { GuestPage } from "./GuestPage";
import { ViewerPage } from "./ViewerPage";

const STREAM = { id: "own", getVideoTracks: () => [{}] } as unknown as MediaStream;

async function page(state: Partial<GuestState>): Promise<FakeGuest> {
  const guest = new FakeGuest(state);
  await render(<GuestPage token="t" makeGuest={() => guest} />);
  return guest;
}

async function change(guest: FakeGuest, state: Partial<GuestState>): Promise<void> {
  await act(async () => guest.store.set(state));
}

async function tick(label: string): Promise<void> {
  const box = [...document.querySelectorAll("label")].find((one) => one.textContent === label)!.querySelector("input")!;
  await act(async () => box.click());
}

test("the green room says that they will be recorded, and joins nobody who did not agree", async () => {
  const guest = await page({ stream: STREAM });
  expect(words()).toContain("You will be recorded");
  expect(words()).toContain("“The Tuesday Round”");
  expect(button("Join the show").disabled).toBe(true);
  await tick("I agree to be recorded");
  expect(button("Join the show").disabled).toBe(false);
  await press("Join the show");
  expect(guest.asked).toEqual(["join"]);
});

test("the green room asks for devices first, and says what was refused", async () => {
  const guest = await page({ permission: "unknown", devices: [] });
  await press("Set up camera and microphone");
  expect(guest.asked).toEqual(["devices"]);
  await change(guest, { permission: "denied" });
  expect(words()).toContain("was not allowed");
});

test("echo cancellation and its end are said", async () => {
  await page({ stream: STREAM });
  expect(words()).toContain("the echo of the others is taken out");
  await tick("I wear headphones");
  expect(words()).toContain("taken as it is");
});

test("the sound check says what to do about it", async () => {
  const guest = await page({ stream: STREAM });
  await press("Check my sound");
  expect(guest.asked).toEqual(["check"]);
  await change(guest, { check: { remainingMs: 2000 } });
  expect(words()).toContain("Keep talking");
  for (const [loudness, said] of [["quiet", "too quiet"], ["loud", "too loud"], ["unheard", "Nothing was heard"], ["fine", "You sound fine"]] as const) {
    await change(guest, { check: null, loudness });
    expect(words()).toContain(said);
  }
});

test("on air and next are said in words, to screen readers and in the title too", async () => {
  const guest = await page({ ...IN, stream: STREAM });
  const region = () => document.querySelector(".tally-bar [role=status]")!.textContent;
  expect([region(), document.querySelector(".tally-bar")!.textContent]).toEqual(["You are not on air", expect.stringContaining("Maya is on air")]);
  await change(guest, { tally: "next" });
  expect([region(), document.title]).toEqual(["You are next", "▲ NEXT · The Tuesday Round"]);
  await change(guest, { tally: "air" });
  expect([region(), document.title]).toEqual(["You are on air", "● ON AIR · The Tuesday Round"]);
  await change(guest, { mutedBy: "host" });
  expect(region()).toBe("You are on air, and muted");
  expect(words()).toContain("The host muted you");
});

test("the microphone is muted by a key, and not while one writes", async () => {
  const guest = await page({ ...IN, stream: STREAM });
  await key("m");
  expect(guest.state().mutedBy).toBe("self");
  await key("m", document.querySelector(".private-line input")!);
  expect(guest.state().mutedBy).toBe("self");
  await press("Unmute");
  expect(guest.state().mutedBy).toBeNull();
});

test("what host and guests write is read, and one's own is sent", async () => {
  const guest = await page({ ...IN, stream: STREAM });
  expect(document.querySelector("[role=log]")!.textContent).toContain("Two more questions");
  const field = document.querySelector<HTMLInputElement>(".private-line input")!;
  await act(async () => {
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")!.set!.call(field, "Hello");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  await press("Send");
  expect(guest.asked).toEqual(["say Hello"]);
  expect(words()).toContain("✓ connected");
  await change(guest, { room: "again", roomWhy: "The room for guests does not answer." });
  expect(words()).toContain("! reconnecting …");
  expect(words()).toContain("The room was lost");
  expect(words()).toContain("Your own recording goes on");
  expect(button("Send").disabled).toBe(true);
});

test("leaving is asked for once more, and what is still to send is said", async () => {
  const guest = await page({ ...IN, stream: STREAM });
  expect(words()).toContain("Your own recording runs: 12 MB left to send");
  await press("Leave");
  await press("Stay");
  expect(guest.state().phase).toBe("in");
  await press("Leave");
  await act(async () => [...document.querySelectorAll<HTMLButtonElement>("dialog button.main")].at(-1)!.click());
  await change(guest, { own: { state: "sending", leftBytes: 12e6, why: null } });
  expect(words()).toContain("You left the show");
  expect(words()).toContain("Your recording: 12 MB left to send. Keep this page open.");
  await change(guest, { own: { state: "sent", leftBytes: 0, why: null } });
  expect(words()).toContain("You can close this page");
});

test("each end has its own words", async () => {
  const guest = await page({ phase: "ended", why: "Thank you!" });
  expect(words()).toContain("The show is over");
  await change(guest, { phase: "removed", why: "The host took you out of the show." });
  expect(words()).toContain("The host took you out");
  await change(guest, { phase: "refused", why: "Ask your host for a new one." });
  expect(words()).toContain("You cannot join with this link");
});

test("a viewer watches after a click, and is told what they wait for", async () => {
  const viewer = new FakeViewer();
  await render(<ViewerPage token="t" makeViewer={() => viewer} />);
  expect(words()).toContain("Watch “The Tuesday Round”");
  await press("Watch");
  expect(words()).toContain("It appears here by itself");
  await act(async () => viewer.store.set({ phase: "watching", stream: STREAM, why: null }));
  expect(document.querySelector("video")!.getAttribute("aria-label")).toBe("The program of The Tuesday Round");
});
