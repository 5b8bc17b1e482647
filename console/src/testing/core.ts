/* The console's core without its views, driven by tests from outside; and a LiveKit room alone. */
import { createStudio } from "../core/create-studio";
import { createRoom } from "../core/room";

Object.assign(window, { createRoom });
if (!new URLSearchParams(location.search).has("room")) Object.assign(window, { studio: createStudio() });
