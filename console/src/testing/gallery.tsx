/* Every view in every state, without server and cameras: gallery.html?scene=recording. */
import { createRoot } from "react-dom/client";
import "../styles/index.css";
import { createPhone } from "../core/phone";
import { startPlanner } from "../core/recut";
import { PlannerContext } from "../hooks/use-recut";
import { App } from "../views/App";
import { FakeGuest, FakeViewer } from "./fake-guest";
import { fakeApi } from "./fake-server";
import { FakeStudio } from "./fake-studio";
import { guestScene, viewerScene } from "./guest-scenes";
import { withPictures } from "./people";
import { SCENES } from "./scenes";

const asked = new URLSearchParams(location.search);
const state = SCENES[asked.get("scene") ?? "recording"] ?? SCENES["recording"]!;
const isMoving = asked.has("moving");
const api = asked.get("scene") === "login" ? fakeApi({ "GET /me": null }) : fakeApi();

const root = document.getElementById("root");
if (root)
  createRoot(root).render(
    <PlannerContext value={startPlanner}>
      <App
        api={api}
        makeStudio={() => new FakeStudio({ state: { ...state, sources: withPictures(state.sources, isMoving ? 15 : 0) }, isMoving })}
        makePhone={createPhone}
        makeGuest={() => new FakeGuest(guestScene(asked.get("guest") ?? ""))}
        makeViewer={() => new FakeViewer(viewerScene(asked.get("viewer") ?? ""))}
      />
    </PlannerContext>,
  );
