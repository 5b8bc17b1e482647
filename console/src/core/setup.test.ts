/* What set-up is made of: sources, what is remembered, notices, the sound check, addresses. */
import { describe, expect, it } from "vitest";
import { takeToken } from "./api";
import { WORDS, withNotice, withoutNotice } from "./notices";
import { sampleShow } from "./provided";
import { load, rememberShow, save } from "./saved";
import { firstOnAir, freeId, logSources, makeSource, microphoneFor, microphoneOf } from "./sources";
import { Check, isolation } from "./speech/check";
import { gainsFor, type MicFrame } from "./speech/room";
import type { Device, Source } from "./studio";
import { nextPart } from "./upload/uploads";

function memory(): Pick<Storage, "getItem" | "setItem"> {
  const items = new Map<string, string>();
  return { getItem: (key) => items.get(key) ?? null, setItem: (key, value) => void items.set(key, value) };
}

const source = (id: string, change: Partial<Source> = {}): Source => ({
  ...makeSource(id, { kind: "camera", deviceId: id }, null, id, "person", load(memory())),
  ...change,
});

describe("sources", () => {
  it("get the next number, and none that was used before", () => {
    expect(freeId([])).toBe("cam_1");
    expect(freeId(["cam_1", "cam_3"])).toBe("cam_4");
    expect(freeId(["cam_16"])).toBe(null);
  });

  it("are remembered by their device", () => {
    const store = memory();
    save({ cameras: { x: { label: "Maya", role: "wide", priority: 2, microphone: { deviceId: "m", channel: 1 } } }, gains: { "m:1": -28 } }, store);
    const made = makeSource("cam_1", { kind: "camera", deviceId: "x" }, null, "USB camera", "person", load(store));
    expect(made).toMatchObject({ label: "Maya", role: "wide", priority: 2, gainDb: -28, microphone: { deviceId: "m", channel: 1 } });
  });

  it("always have a label for the server", () => {
    expect(logSources([source("cam_1", { label: "  " })])[0]!.label).toBe("cam_1");
  });

  it("get a microphone of their own maker, else one that is free", () => {
    const devices: Device[] = [
      { deviceId: "a", label: "Built-in", kind: "microphone", channels: 1 },
      { deviceId: "b", label: "Logi StreamCam", kind: "microphone", channels: 2 },
    ];
    const camera: Device = { deviceId: "c", label: "Logi StreamCam (046d:0893)", kind: "camera", channels: 0 };
    expect(microphoneFor(camera, devices, [])?.deviceId).toBe("b");
    const taken = source("cam_1", { microphone: { deviceId: "b", channel: 0 } });
    expect(microphoneFor(camera, devices, [taken])?.deviceId).toBe("a");
    expect(microphoneFor(camera, [], [])).toBe(null);
  });

  it("have no microphone when they see everybody, or a screen", () => {
    expect(["person", "wide", "screen"].map((role) => microphoneOf(role as Source["role"]))).toEqual(["own", null, null]);
  });

  it("begin with the wide camera when there is one", () => {
    expect(firstOnAir([source("cam_1"), source("cam_2", { role: "wide" })])).toBe("cam_2");
    expect(firstOnAir([source("cam_1", { role: "mic", picture: { kind: "none" } }), source("cam_2")])).toBe("cam_2");
    expect(firstOnAir([])).toBe(null);
  });

  it("go on with the next part after an earlier visit", () => {
    expect(nextPart([], "cam_1")).toBe(1);
    expect(nextPart(["program.mkv", "cam_1_iso.mkv", "cam_1_iso.2.mkv", "cam_10_iso.7.mkv"], "cam_1")).toBe(3);
    expect(nextPart(["program.mkv", "program.mp4"], null)).toBe(2);
    expect(nextPart(["cam_1_iso.mkv"], null)).toBe(1);
  });
});

describe("what is remembered", () => {
  it("survives a broken or refused storage", () => {
    expect(load({ getItem: () => "{not json", setItem: () => {} }).cameras).toEqual({});
    const refused = { getItem: () => { throw new Error(); }, setItem: () => { throw new Error(); } };
    expect(load(refused).shows).toEqual([]);
    save({ name: "x" }, refused);
  });

  it("is the eight shows of late", () => {
    const store = memory();
    for (let i = 0; i < 12; i++) rememberShow({ sessionId: `s${i}`, sources: [], format: {} as never }, store);
    rememberShow({ sessionId: "s6", sources: [], format: {} as never }, store);
    expect(load(store).shows.map(({ sessionId }) => sessionId)).toEqual(["s6", "s11", "s10", "s9", "s8", "s7", "s5", "s4"]);
  });
});

describe("notices", () => {
  const all = Object.values(WORDS).map((words) => (words as (...args: unknown[]) => { title: string; text: string })("x", 3));

  it("name all whom they are about", () => {
    expect(WORDS.poorIsolation(["Maya"]).title).toBe("Maya's microphone hears the others nearly as loud, or louder.");
    expect(WORDS.poorIsolation(["Maya", "Tomas", "Ines"]).title).toContain("The microphones of Maya, Tomas and Ines hear");
  });

  it("each say what it is and what to do, in sentences", () => {
    for (const { title, text } of all) {
      expect(title).toMatch(/[.)]$|: /);
      expect(text.length).toBeGreaterThan(20);
      expect(text).toMatch(/[.!]$/);
    }
  });

  it("keep their place and identity while they say the same", () => {
    const one = withNotice([], "a", WORDS.linkDown());
    expect(withNotice(one, "a", WORDS.linkDown())).toBe(one);
    const two = withNotice(one, "b", WORDS.noSample());
    expect(withoutNotice(two, "a").map(({ id }) => id)).toEqual(["b"]);
    expect(withoutNotice(two, "c")).toBe(two);
  });
});

describe("the sound check", () => {
  const frame = (source: string, probability: number, voiceDb: number): MicFrame =>
    ({ source, probability, voiceDb, levelDb: voiceDb, peakDb: voiceDb, isSpeaking: false, weight: 1 });

  it("hears one person for five seconds, and how loud the other mics hear them", () => {
    const check = new Check("cam_1");
    for (let i = 0; i < 40; i++) expect(check.push([frame("cam_1", 0.1, -60), frame("cam_2", 0, -70)])).toBe("on");
    expect(check.remainingMs).toBe(5000);
    let state = "on";
    for (let i = 0; i < 300 && state === "on"; i++)
      state = check.push([frame("cam_1", i % 3 ? 0.9 : 0.2, -25), frame("cam_2", 0.8, -37)]);
    expect(state).toBe("done");
    expect(check.result()).toEqual({ source: "cam_1", gainDb: -25, voice: { cam_1: -25, cam_2: -37 } });
  });

  it("ends unheard when nobody talks, or hardly", () => {
    const silent = new Check("cam_1");
    let state = "on";
    for (let i = 0; i < 1000 && state === "on"; i++) state = silent.push([frame("cam_1", 0, -70)]);
    expect(state).toBe("unheard");
    const cough = new Check("cam_1");
    state = "on";
    for (let i = 0; i < 1000 && state === "on"; i++) state = cough.push([frame("cam_1", i < 5 ? 1 : 0, -20)]);
    expect(state).toBe("unheard");
  });

  it("says how far the loudest of the others lies below one's own voice", () => {
    const voices = { cam_1: { cam_1: -25, cam_2: -40 }, cam_2: { cam_1: -28, cam_2: -24 }, cam_3: { cam_1: -35, cam_2: -45 } };
    expect(isolation("cam_1", voices)).toBe(3);
    expect(isolation("cam_2", voices)).toBe(16);
    expect(isolation("cam_3", voices)).toBe(null);
    expect(isolation("cam_1", { cam_1: { cam_1: -25 } })).toBe(null);
  });

  it("takes the middle of the known gains for who was not checked", () => {
    const mic = (gainDb: number | null) => ({ source: "", gainDb, priorityDb: 0 });
    expect(gainsFor([mic(-20), mic(null), mic(-30), mic(-28)])).toEqual([-20, -28, -30, -28]);
    expect(gainsFor([mic(null)])).toEqual([-30]);
  });
});

describe("addresses", () => {
  it("give up their token, and nothing else", () => {
    expect(takeToken("http://localhost:8080/#token=abc")).toEqual({ token: "abc", guest: null, rest: "http://localhost:8080/" });
    expect(takeToken("http://localhost/x?y=1#a=b&token=t%2B").rest).toBe("http://localhost/x?y=1#a=b");
    expect(takeToken("http://localhost/#library").rest).toBe("http://localhost/#library");
  });
});

describe("the sample show", () => {
  it("is the recordings that the server has, the host first and the wide camera last", async () => {
    const answer = { files: ["guest.mov", "host.mp4", "truth.json", "wide.mkv"].map((name) => ({ name, bytes: 1 })) };
    const truth = { files: [{ file: "guest.mov", start: 0 }, { file: "host.mp4", start: 1.5 }] };
    const found = await sampleShow((path) => Promise.resolve(Response.json(path === "/sample" ? answer : truth)));
    expect(found.map(({ label, role }) => [label, role])).toEqual([["Host", "person"], ["Guest", "person"], ["Wide", "wide"]]);
    expect(found[1]!.url).toBe("/sample/guest.mov#t=1.500");
  });

  it("is none where it was not made", async () => {
    expect(await sampleShow(() => Promise.resolve(new Response("", { status: 404 })))).toEqual([]);
    expect(await sampleShow(() => Promise.reject(new Error()))).toEqual([]);
  });
});
