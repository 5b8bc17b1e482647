// @vitest-environment jsdom
import { expect, test } from "vitest";
import type { Phone, PhoneState } from "../core/phone";
import { render, words } from "../testing/render";
import { PhonePage } from "./PhonePage";

function phone(state: Partial<PhoneState>): Phone {
  const whole: PhoneState = { phase: "ready", stream: null, facing: "user", trouble: null, own: { state: "off", leftBytes: 0, why: null }, ...state };
  return { state: () => whole, subscribe: () => () => {}, start: async () => {}, flip: async () => {}, leave: () => {} };
}

async function shown(state: Partial<PhoneState>): Promise<string> {
  const it = phone(state);
  await render(<PhonePage token="t" makePhone={() => it} />);
  return words();
}

test("a phone's page says that it will be recorded before it is asked to join", async () => {
  expect(await shown({ phase: "idle" })).toContain("by this phone itself");
});

test("a phone's page says what it records of itself, and how much is still to send", async () => {
  const own = (state: PhoneState["own"]["state"], leftBytes = 0, why: string | null = null) => ({ own: { state, leftBytes, why } });
  expect(await shown(own("waiting"))).toContain("will record itself too");
  expect(await shown(own("recording", 2_500_000))).toContain("This phone records itself too · 2.5 MB still to send");
  const ended = await shown({ phase: "ended", ...own("sending", 12e6, "The server does not answer; it is tried again.") });
  expect(ended).toContain("12 MB still to send. Keep this page open.");
  expect(ended).toContain("it is tried again");
  expect(await shown({ phase: "ended", ...own("sent") })).toContain("all on the server");
  expect(await shown(own("impossible", 0, "this browser cannot keep recordings."))).toContain(
    "Only the live picture is used: this browser cannot keep recordings.",
  );
});
