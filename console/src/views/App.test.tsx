// @vitest-environment jsdom
import { act } from "react";
import { beforeEach, describe, expect, test } from "vitest";
import { createPhone } from "../core/phone";
import { fakeApi } from "../testing/fake-server";
import { FakeGuest, FakeViewer } from "../testing/fake-guest";
import { FakeStudio } from "../testing/fake-studio";
import { press, render, type, words } from "../testing/render";
import { App } from "./App";

const studio = new FakeStudio();
const app = (api = fakeApi()) => <App api={api} makeStudio={() => studio} makePhone={createPhone} makeGuest={() => new FakeGuest()} makeViewer={() => new FakeViewer()} />;

beforeEach(() => {
  location.hash = "";
});

async function go(hash: string): Promise<void> {
  await act(async () => {
    location.hash = hash;
    await new Promise((done) => setTimeout(done, 20));
  });
}

describe("the app", () => {
  test("asks for the token when nobody is known", async () => {
    await render(app(fakeApi({ "GET /me": null })));
    expect(words()).toContain("Token");
    await type("Token", "wrong-wrong-wrong");
    await press("Open the studio");
    expect(words()).toContain("This token is not known.");
  });

  test("goes on recording while one looks at earlier shows", async () => {
    await render(app());
    expect(words()).toContain("ON AIR");
    await go("#/shows");
    expect(words()).toContain("Choir rehearsal");
    expect(words()).toContain("recording");
    expect(studio.state().phase).toBe("recording");
  });

  test("shows a show with its files and its timeline", async () => {
    await render(app());
    await go("#/shows/a");
    expect(words()).toContain("cam_3_iso.mkv");
    const shots = [...document.querySelectorAll(".lane.shots button")].map((one) => one.getAttribute("aria-label"));
    expect(shots).toContain("Tomas at 0:19, Tomas took over: Maya stopped 0.8 s before");
  });

  test("goes to the moment of a shot", async () => {
    await render(app());
    await go("#/shows/a");
    await press("Ines at 0:33, Ines took over: Tomas stopped 0.4 s before");
    expect(document.querySelector("video")?.currentTime).toBe(33.5);
  });

  test("deletes after asking, and brings back", async () => {
    await render(app());
    await go("#/shows/a");
    await press("Delete");
    await act(async () => document.querySelector<HTMLElement>("dialog .foot button:last-child")?.click());
    expect(words()).toContain("is in the trash");
    await press("Bring it back");
    expect(words()).toContain("cam_3_iso.mkv");
  });

  test("says that a show is not there", async () => {
    await render(app());
    await go("#/shows/nothing");
    expect(words()).toContain("There is no such show.");
  });
});
