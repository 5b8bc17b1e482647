/* The page that LiveKit's Egress opens for "livekit-composite", with ?url=…&token=…&layout=…: it joins
 * that room and shows the program, full frame. Egress hears what it writes to the browser's console:
 * START_RECORDING when there is something to see, END_RECORDING when the room has ended. */
import { ApiError } from "../core/api";
import { shownOf } from "./shown";
import { Stage } from "./stage";
import { createRoom } from "../core/room";

const PATIENCE_MS = 3000; /* then a slate is something to see, too */

const slate = document.getElementById("slate")!;
const query = new URLSearchParams(location.search);
const url = query.get("url");
const token = query.get("token");
history.replaceState(null, "", location.pathname); /* the token has no business in the address */

const said = new Set<string>();
function say(signal: "START_RECORDING" | "END_RECORDING"): void {
  if (said.has(signal)) return;
  said.add(signal);
  console.log(signal);
}

function join(pass: { url: string; token: string }): void {
  let wasIn = false;
  const room = createRoom({
    /* A token is for one visit: who comes again would find, or make, an empty room. */
    token: () =>
      wasIn
        ? Promise.reject(new ApiError(410, "over", "the room has ended"))
        : Promise.resolve({ ...pass, room: "", identity: "", role: "viewer" as const, end: 0 }),
    wants: () => true,
  });
  const stage = new Stage((isShown) => {
    if (isShown) say("START_RECORDING");
  });
  const draw = () => {
    const { link, people, program } = room.state();
    const shown = shownOf({ people, program });
    if (link === "joined" && !wasIn) {
      wasIn = true;
      setTimeout(() => say("START_RECORDING"), PATIENCE_MS);
    }
    if (link === "refused" || link === "removed") return say("END_RECORDING");
    stage.update(shown.pictures, shown.sounds);
    stage.show(shown.picture);
    slate.textContent = shown.name;
  };
  room.subscribe(draw);
  room.join();
}

if (url && token) join({ url, token });
else slate.textContent = "LiveKit's Egress opens this page.";
