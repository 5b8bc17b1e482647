import { beforeEach, describe, expect, test } from "vitest";
import { ApiError } from "../api";
import type { LogEvent } from "../event";
import type { Show } from "../show";
import { GuestEvents, Hosts } from "./guest-events";

let now: number;
let link: string;
let logged: string[];
let handed: string[];
let answer: () => Promise<unknown>;
let events: GuestEvents;

beforeEach(() => {
  now = 0;
  link = "online";
  logged = [];
  handed = [];
  answer = () => Promise.resolve();
  const show = {
    sessionId: "s",
    link: {
      get state() {
        return link;
      },
    },
    log: (type: string, { source, id }: { source: string; id?: string }) => void logged.push(`${type} ${source}${id ? ` ${id}` : ""}`),
  } as unknown as Show;
  events = new GuestEvents(
    {
      show: () => show,
      isGuest: (id) => id === "cam_2",
      handIn: (_session, identity, event) => {
        handed.push(`${identity} ${event["type"]}`);
        return answer();
      },
      changed: () => {},
    },
    () => now,
  );
});

const line = (type: string, source = "cam_2") => ({ id: "x", type, t: 0, source }) as LogEvent;
const start = (source = "cam_2") => events.takes({ source, isStart: true });
const stop = (source = "cam_2") => events.takes({ source, isStart: false });
const settled = () => new Promise((done) => setTimeout(done, 0));

describe("when a guest speaks", () => {
  test("their own page says it, and this console does not say it again", () => {
    events.sound("cam_2", true);
    events.told(line("clock"));
    now = 60_000;
    expect([start(), stop(), events.speaksBy("cam_2")]).toEqual([false, false, "page"]);
    expect([start("cam_1"), stop("cam_1")]).toEqual([true, true]);
  });

  /* A page that has said nothing for six seconds; then a voice. */
  function voice(): void {
    events.sound("cam_2", true);
    now = 6000;
    expect(start()).toBe(false);
  }

  test("this console says it for a page that says nothing while somebody speaks", () => {
    voice();
    now = 7900;
    events.look();
    expect([logged, events.speaksBy("cam_2")]).toEqual([[], "page"]);
    now = 8000;
    events.look();
    expect([logged, events.speaksBy("cam_2")]).toEqual([["speaking_start cam_2"], "console"]);
    expect([stop(), stop(), start(), stop()]).toEqual([true, false, true, true]);
  });

  test("a page is not judged in its first seconds, nor by a word", () => {
    events.sound("cam_2", true);
    start();
    now = 4000;
    events.look();
    stop();
    now = 9000;
    start();
    now = 9500;
    stop();
    events.look();
    expect([logged, events.speaksBy("cam_2")]).toEqual([[], "page"]);
  });

  test("a page that says it itself, a little later than it is heard here, is not doubled", () => {
    voice();
    now = 6400;
    events.told(line("speaking_start"));
    now = 20_000;
    events.look();
    expect([logged, stop()]).toEqual([[], false]);
  });

  test("a page that speaks up late takes over, and what was begun for it is ended once", () => {
    voice();
    now = 8000;
    events.look();
    events.told(line("clock"));
    expect(logged).toEqual(["speaking_start cam_2", "speaking_stop cam_2"]);
    expect([stop(), start()]).toEqual([false, false]);
  });

  test("a page's own word for a voice that this console had begun ends nothing", () => {
    voice();
    now = 8000;
    events.look();
    events.told(line("speaking_start"));
    expect([logged, stop()]).toEqual([["speaking_start cam_2"], false]);
  });

  test("they begin anew when they come back", () => {
    events.sound("cam_2", true);
    events.told(line("clock"));
    events.sound("cam_2", false);
    now = 60_000;
    events.sound("cam_2", true);
    now = 66_000;
    start();
    now = 68_000;
    events.look();
    expect(events.speaksBy("cam_2")).toBe("console");
  });
});

describe("what a guest sends as data", () => {
  test("is handed in in its order", async () => {
    let free: (() => void)[] = [];
    answer = () => new Promise<void>((done) => free.push(done));
    events.handIn("cam_2", { type: "speaking_start" });
    events.handIn("cam_2", { type: "speaking_stop" });
    events.handIn("cam_1", { type: "speaking_start" }); /* is no guest */
    await settled();
    expect(handed).toEqual(["cam_2 speaking_start"]);
    free.shift()!();
    await settled();
    expect(handed).toEqual(["cam_2 speaking_start", "cam_2 speaking_stop"]);
  });

  test("that is too much is left out and counted", async () => {
    answer = () => Promise.reject(new ApiError(429, "rate_limited", "more events than a guest may send"));
    for (let i = 0; i < 50; i++) events.handIn("cam_2", { type: "speaking_start" });
    await settled();
    await settled();
    expect(events.dropped).toBe(50);
    expect(logged).toEqual([]);
  });

  test("reaches this console's own director while the server cannot be reached", async () => {
    link = "offline";
    events.handIn("cam_2", { type: "speaking_start", id: "a-guests-own" });
    events.handIn("cam_2", { type: "manual_cut" }); /* is nothing that a guest may say */
    link = "online";
    answer = () => Promise.reject(new ApiError(0, "no_answer", "no answer"));
    events.handIn("cam_2", { type: "speaking_stop" });
    await settled();
    expect(logged).toEqual(["speaking_start cam_2 a-guests-own", "speaking_stop cam_2"]);
    expect(events.dropped).toBe(0);
  });
});

describe("of several consoles", () => {
  test("the newest hands in", () => {
    let at = 0;
    const hosts = new Hosts(() => at);
    expect(hosts.isNewest()).toBe(false);
    hosts.see([]);
    hosts.see(["host-a"]); /* was there, and is only known now */
    at = 5000;
    hosts.see(["host-a"]);
    expect(hosts.isNewest()).toBe(true);
    hosts.see(["host-a", "host-b"]);
    expect(hosts.isNewest()).toBe(false);
    hosts.see(["host-a"]);
    expect(hosts.isNewest()).toBe(true);
    hosts.see(null);
    expect(hosts.isNewest()).toBe(false);
  });
});
