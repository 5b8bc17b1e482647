// @vitest-environment jsdom
import { act } from "react";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { LiveDestination, LiveShow } from "../core/api";
import { FakeStudio } from "../testing/fake-studio";
import { calls, fakeApi } from "../testing/fake-server";
import { button, press, render, type, words } from "../testing/render";
import { destinationWords, LiveCard, rateOf } from "./LiveCard";

const one: LiveDestination = {
  name: "YouTube", address: "rtmp://a/live2", state: "live", start: 0, end: null, bytes: 1, frames: 1, dropped: 0, reconnects: 0, kbps: 3210, warnings: [],
};
const live = (change: Partial<LiveShow> = {}): LiveShow => ({
  state: "live", start: 24 * 60_000, end: null, delay: 0,
  program: { frames: 1, dropped: 0, slates: 0, slate: false, transcoded: false, warnings: [] },
  destinations: [one, { ...one, name: "Twitch", state: "retrying", why: "it cannot be reached", wait: 3200 }],
  ...change,
});
const SAVED = { destinations: [{ name: "YouTube", address: "rtmp://a/live2", hasKey: true }, { name: "Church", address: "rtmp://b/app", hasKey: true }] };
const bodies: unknown[] = [];
let asked: boolean[] = [];

function api(change: Record<string, unknown> = {}) {
  const made = fakeApi({ "GET /me": { role: "admin" }, "GET /destinations": SAVED, "POST /live/start": live(), "POST /live/stop": live({ state: "ended" }), "DELETE /destinations/Church": {}, "PUT /destinations/Own": SAVED.destinations[0], ...change });
  const call = made.call.bind(made);
  vi.spyOn(made, "call").mockImplementation(((method: string, path: string, body?: unknown) => {
    if (body !== undefined) bodies.push(body);
    return call(method, path, body);
  }) as typeof made.call);
  return made;
}
const draw = (show: LiveShow | null, isAsking = false, one = api()) =>
  render(<LiveCard live={show} sessionId="s" isAsking={isAsking} setAsking={(is) => asked.push(is)} />, new FakeStudio(), one);
const check = (n: number) => document.querySelectorAll<HTMLInputElement>("input[type=checkbox]")[n]!.click();

beforeEach(() => {
  calls.length = bodies.length = 0;
  asked = [];
});

describe("the card of a live stream", () => {
  test("asks before it goes live, and goes to the chosen places", async () => {
    await draw(null, true);
    expect(calls).toEqual(["GET /destinations", "GET /me"]);
    expect(button("Go live").disabled).toBe(false);
    const go = [...document.querySelectorAll<HTMLButtonElement>("dialog .record")][0]!;
    expect(go.disabled).toBe(true);
    await act(async () => check(0));
    await act(async () => check(1));
    await press("Go live at 2 places");
    expect(calls.at(-1)).toBe("POST /live/start");
    expect(bodies).toEqual([{ sessionId: "s", destinations: ["YouTube", "Church"], delay: 0 }]);
    expect(asked).toEqual([false]);
  });

  test("begins with the first destination where there is none", async () => {
    await draw(null, true, api({ "GET /destinations": { destinations: [] } }));
    expect(words()).toContain("No destination yet.");
    expect(document.querySelector("details")?.open).toBe(true);
  });

  test("says why it cannot go live", async () => {
    await draw(null, true, fakeApi({ "GET /me": { role: "admin" }, "GET /destinations": SAVED }));
    await act(async () => check(0));
    await act(async () => document.querySelector<HTMLButtonElement>("dialog .record")!.click());
    expect(document.querySelector("[role=alert]")?.textContent).toContain("There is no such show.");
    expect(asked).toEqual([]);
  });

  test("tries a destination, and says what came of it", async () => {
    const tried = (ok: boolean, why: string) => ({ [`POST /destinations/${ok ? "YouTube" : "Church"}/test`]: { name: "", ok, why } });
    await draw(null, true, api({ ...tried(true, "it took the stream"), ...tried(false, "the key may be wrong") }));
    await press("Test YouTube");
    await press("Test Church");
    expect(words()).toContain("Works: it took the stream");
    expect(words()).toContain("Does not work: the key may be wrong");
    expect(button("Test YouTube").disabled).toBe(false);
  });

  test("saves and removes destinations, and shows no key again", async () => {
    await draw(null, true);
    await type("Name", "Own");
    await type("Address", "rtmp://c/app");
    await type("Stream key: kept sealed, never shown again", "k3y");
    await press("Save");
    expect(bodies).toEqual([{ url: "rtmp://c/app", key: "k3y" }]);
    expect([...document.querySelectorAll("input")].some((input) => input.value === "k3y")).toBe(false);
    await press("Remove Church");
    expect(calls).toContain("DELETE /destinations/Church");
  });

  test("a name that the server could not be asked for is not sent", async () => {
    await draw(null, true);
    await type("Name", "Sunday 9/11");
    await type("Address", "rtmp://c/app");
    await press("Save");
    expect(document.querySelector<HTMLInputElement>("input[name=name]")?.validity.patternMismatch).toBe(true);
    expect(bodies).toEqual([]);
    await type("Name", "Sunday 9");
    await press("Save");
    expect(calls).toContain("PUT /destinations/Sunday%209");
  });

  test("a field that the server refuses says so itself, and keeps what was typed", async () => {
    const refusing = api();
    vi.spyOn(refusing, "saveDestination").mockRejectedValue(new Error("url: it names no host; expected rtmp://host/app"));
    await draw(null, true, refusing);
    await type("Name", "Own");
    await type("Address", "rtmp:///app");
    await press("Save");
    const address = document.querySelector<HTMLInputElement>("input[name=url]")!;
    expect(document.activeElement).toBe(address);
    expect(address.value).toBe("rtmp:///app");
    expect(address.getAttribute("aria-invalid")).toBe("true");
    expect(document.getElementById(address.getAttribute("aria-describedby")!)?.textContent).toBe("It names no host; expected rtmp://host/app");
    expect(document.querySelector("input[name=name]")?.getAttribute("aria-invalid")).toBe("false");
  });

  test("goes live by way of LiveKit where that can be, and then without a delay", async () => {
    const ways = { role: "admin", egress: { ways: ["console", "livekit", "livekit-composite"], usual: "console" } };
    await draw(null, true, api({ "GET /me": ways }));
    await act(async () => check(0));
    const [, egress] = document.querySelectorAll<HTMLInputElement>("input[type=radio]");
    await act(async () => egress!.click());
    expect(document.querySelector("select")?.disabled).toBe(true);
    await act(async () => document.querySelector<HTMLButtonElement>("dialog .record")!.click());
    expect(bodies).toEqual([{ sessionId: "s", destinations: ["YouTube"], delay: 0, egress: "livekit" }]);
  });

  test("says who sends, and no numbers that LiveKit does not tell", async () => {
    await draw(live({ egress: "livekit", destinations: [one] }));
    expect(words()).toContain("Sent by LiveKit Egress: keep this page open.");
    expect(words()).not.toContain("bit/s");
  });

  test("says how each destination is, and for how long it is on air", async () => {
    await draw(live());
    expect(words()).toContain("On air");
    expect(words()).toContain("00:00:17");
    expect(words()).toContain("3.2 Mbit/s");
    expect(words()).toContain("Trying again in 4 s: it cannot be reached");
    expect(document.querySelectorAll("li [role=status]")).toHaveLength(2);
  });

  test("says what viewers do not see, and what is warned of", async () => {
    await draw(live({ program: { ...live().program, slate: true, warnings: ["it is encoded again"] } }));
    expect(words()).toContain("viewers see a slate");
    expect(words()).toContain("it is encoded again");
  });

  test("ends one destination of several", async () => {
    await draw(live());
    await press("End Twitch");
    expect(words()).toContain("The other destinations and the recording go on.");
    await act(async () => document.querySelector<HTMLButtonElement>("dialog .record")!.click());
    expect(bodies).toEqual([{ sessionId: "s", destination: "Twitch" }]);
  });

  test("ends the last destination with the stream alone", async () => {
    await draw(live({ destinations: [one, { ...one, name: "Twitch", state: "ended" }] }));
    expect([...document.querySelectorAll("li button")]).toEqual([]);
  });

  test("asks before it ends", async () => {
    await draw(live(), true);
    expect(calls).toEqual([]);
    expect(document.activeElement?.textContent).toBe("End live");
    await press("Stay live");
    expect(asked).toEqual([false]);
    await act(async () => document.querySelector<HTMLButtonElement>("dialog .record")!.click());
    expect(calls).toEqual(["POST /live/stop"]);
  });
});

test("rates and states are said as people say them", () => {
  expect([rateOf(3210), rateOf(800), rateOf(0)]).toEqual(["3.2 Mbit/s", "800 kbit/s", "0 kbit/s"]);
  expect(destinationWords({ ...one, state: "failed", why: "the key is wrong" })).toBe("Failed: the key is wrong");
  expect(destinationWords({ ...one, state: "connecting" })).toBe("Connecting …");
});
