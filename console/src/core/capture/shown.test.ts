import { describe, expect, test } from "vitest";
import { Shown, type Way } from "./shown";

interface Written {
  source: string;
  t: number;
}

function track(): { way: Way; written: Written[]; room: { left: number } } {
  const written: Written[] = [];
  const room = { left: 1 };
  const way = {
    get desiredSize() {
      return room.left;
    },
    write: (frame: unknown) => Promise.resolve(void written.push(frame as Written)),
    close: () => Promise.resolve(),
  } as unknown as Way;
  return { way, written, room };
}
const resize = (frame: VideoFrame, timestamp: number) => ({ source: frame as unknown as string, t: timestamp / 1000 }) as unknown as VideoFrame;
const frameOf = (source: string) => source as unknown as VideoFrame;
const shown = (onAir = "a") => {
  const { way, written, room } = track();
  const program = new Shown(way, resize, onAir);
  return { program, written, room, take: (source: string, t: number) => program.take(source, frameOf(source), t) };
};
const said = (written: Written[]) => written.map(({ source, t }) => `${source}${t}`).join(" ");

describe("the program as it is shown", () => {
  test("has the pictures of who is on air, and no others", () => {
    const { take, written } = shown();
    take("a", 10);
    take("b", 11);
    take("a", 43);
    expect(said(written)).toBe("a10 a43");
  });

  test("goes over with the first picture of the next at or after the cut", () => {
    const { program, take, written } = shown();
    take("a", 10);
    program.cutTo("b", 50);
    take("b", 40);
    take("a", 43);
    take("b", 73);
    take("a", 76);
    expect(said(written)).toBe("a10 a43 b73");
  });

  test("stays where it is when the next sends nothing, or the cut is taken back", () => {
    const { program, take, written } = shown();
    program.cutTo("b", 0);
    take("a", 10);
    program.cutTo("a", 0);
    take("b", 20);
    take("a", 43);
    expect(said(written)).toBe("a10 a43");
  });

  test("never goes back in time, and leaves out what is held up", () => {
    const { program, take, written, room } = shown();
    take("a", 100);
    program.cutTo("b", 0);
    take("b", 99);
    room.left = -1;
    take("b", 120);
    room.left = 0;
    take("b", 140);
    expect(said(written)).toBe("a100 b140");
  });
});
