import { expect, test } from "vitest";
import { endOf, invitedAs, readGuest } from "./invitation";

const tokenOf = (said: object) => `g1.${btoa(JSON.stringify(said)).replace(/=+$/, "")}.mac`;
const TOKEN = tokenOf({ s: "show", r: "camera", c: "cam_5" });

test("a link says whose it is, and what is no link says nothing", () => {
  expect(readGuest(TOKEN)).toEqual({ session: "show", role: "camera", source: "cam_5" });
  for (const wrong of ["", "g1.!!.x", "g1.bm90IGpzb24.x", "g1.e30.x", "x1.e30.x"]) expect(readGuest(wrong)).toBeNull();
});

test("a link invites as what it says, with a source", () => {
  expect(invitedAs("camera", TOKEN)).toEqual({ token: TOKEN, session: "show", source: "cam_5" });
  expect(invitedAs("guest", TOKEN)).toBeNull();
  expect(invitedAs("guest", tokenOf({ s: "show", r: "guest" }))).toBeNull();
});

test("what the server says of a link ends the show for them, the link, or nothing", () => {
  expect(["stopped", "gone", "not_found"].map(endOf)).toEqual(["ended", "ended", "ended"]);
  expect(["unauthorised", "forbidden"].map(endOf)).toEqual(["refused", "refused"]);
  expect(["no_answer", "conflict", ""].map(endOf)).toEqual([null, null, null]);
});
