import { describe, expect, it } from "vitest";
import type { LogEvent } from "../event";
import { EventQueue, type Ack } from "./queue";
import { Seen } from "./seen";

const event = (id: string, type = "marker"): LogEvent => ({ id, type, t: 1 });

function setUp() {
  const sent: { event: LogEvent; answer: (ack: Ack) => void }[] = [];
  const log = { acknowledged: [] as string[], refused: [] as string[], changes: 0 };
  const time = { now: 0, timers: [] as { run: () => void; at: number }[] };
  const queue = new EventQueue({
    send: (event, answer) => {
      sent.push({ event, answer });
      return true;
    },
    acknowledged: (event) => log.acknowledged.push(event.id),
    refused: (event, error) => log.refused.push(`${event.id} ${error.code}`),
    changed: () => log.changes++,
    wait: (run, ms) => time.timers.push({ run, at: time.now + ms }),
    now: () => time.now,
  });
  const pass = (ms: number) => {
    time.now += ms;
    for (const timer of time.timers.splice(0)) timer.at <= time.now ? timer.run() : time.timers.push(timer);
  };
  const ids = () => sent.map(({ event }) => event.id).join(" ");
  return { queue, sent, log, pass, ids };
}

describe("the queue of events", () => {
  it("keeps what the server has not acknowledged, in order", () => {
    const { queue, sent, log } = setUp();
    queue.open();
    for (const id of ["a", "b", "c"]) queue.add(event(id));
    sent[1]!.answer({ ok: true, seq: 2 });
    expect(queue.pending().map(({ id }) => id)).toEqual(["a", "c"]);
    expect(log.acknowledged).toEqual(["b"]);
  });

  it("sends everything not acknowledged again when the link is back, under the same ids", () => {
    const { queue, sent, ids } = setUp();
    queue.open();
    queue.add(event("a"));
    queue.add(event("b"));
    sent[0]!.answer({ ok: true, seq: 1 });
    queue.close();
    queue.add(event("c"));
    expect(ids()).toBe("a b");
    queue.open();
    expect(ids()).toBe("a b b c");
  });

  it("takes no answers of an earlier link", () => {
    const { queue, sent, log } = setUp();
    queue.open();
    queue.add(event("a"));
    queue.close();
    queue.open();
    sent[0]!.answer({ ok: false, error: { code: "invalid", message: "" } });
    expect(log.refused).toEqual([]);
    sent[1]!.answer({ ok: true, seq: 1 });
    expect(log.acknowledged).toEqual(["a"]);
  });

  it("waits as long as the server says, then sends again", () => {
    const { queue, sent, pass, ids } = setUp();
    queue.open();
    queue.add(event("a"));
    sent[0]!.answer({ ok: false, error: { code: "rate_limited", message: "", retryAfter: 700 } });
    queue.add(event("b"));
    expect(ids()).toBe("a");
    pass(699);
    expect(ids()).toBe("a");
    pass(2);
    expect(ids()).toBe("a a b");
  });

  it("leaves out what the server refuses for good, and says so", () => {
    const { queue, sent, log } = setUp();
    queue.open();
    queue.add(event("a"));
    sent[0]!.answer({ ok: false, error: { code: "invalid", message: "t is in the future" } });
    expect(queue.pending()).toEqual([]);
    expect(log.refused).toEqual(["a invalid"]);
  });

  it("sends less than the server's limit in a second, and the rest after it", () => {
    const { queue, sent, pass } = setUp();
    queue.open();
    for (let i = 0; i < 120; i++) queue.add(event(`e${i}`));
    let answered = 0;
    const answerAll = () => {
      while (answered < sent.length) sent[answered++]!.answer({ ok: true, seq: answered });
    };
    answerAll();
    expect(sent.length).toBe(50);
    pass(1001);
    answerAll();
    expect(sent.length).toBe(100);
    pass(1001);
    answerAll();
    expect(sent.length).toBe(120);
    expect(queue.pending()).toEqual([]);
  });

  it("exchanges what waits, and forgets what is not wanted", () => {
    const { queue, ids } = setUp();
    queue.add(event("a"));
    queue.add(event("b"));
    queue.add(event("c"));
    queue.rewrite((one) => (one.id === "a" ? null : one.id === "b" ? { ...one, id: "B" } : one));
    queue.open();
    expect(ids()).toBe("B c");
  });
});

describe("what was seen of the log", () => {
  it("reaches as far as there is no hole", () => {
    const seen = new Seen();
    for (const seq of [1, 2, 4, 5]) seen.add(seq);
    expect(seen.upTo).toBe(2);
    seen.add(3);
    expect(seen.upTo).toBe(5);
    seen.reached(9);
    seen.add(10);
    expect(seen.upTo).toBe(10);
  });
});
