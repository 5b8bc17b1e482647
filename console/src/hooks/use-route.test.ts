import { expect, test } from "vitest";
import { readRoute } from "./use-route";

test("the fragment says which page it is", () => {
  expect(readRoute("")).toEqual({ page: "studio" });
  expect(readRoute("#/")).toEqual({ page: "studio" });
  expect(readRoute("#/shows")).toEqual({ page: "shows" });
  expect(readRoute("#/shows/6f9c%20x")).toEqual({ page: "show", id: "6f9c x" });
  expect(readRoute("#phone=g1.a.b")).toEqual({ page: "guest", token: "g1.a.b" });
  expect(readRoute("#/guest=g1.a.b")).toEqual({ page: "guest", token: "g1.a.b" });
  expect(readRoute("#/nowhere/else")).toEqual({ page: "studio" });
});
