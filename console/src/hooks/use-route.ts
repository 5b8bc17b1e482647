import { useSyncExternalStore } from "react";

export type Route =
  | { page: "studio" }
  | { page: "shows" }
  | { page: "show"; id: string }
  | { page: "guest"; token: string };

/* Pages are fragments, so that a server never sees them, nor the tokens of links. */
export function readRoute(hash: string): Route {
  const path = hash.replace(/^#\/?/, "");
  const link = /^(?:phone|guest)=(.+)$/.exec(path);
  if (link?.[1]) return { page: "guest", token: link[1] };
  const show = /^shows\/([^/]+)$/.exec(path);
  if (show?.[1]) return { page: "show", id: decodeURIComponent(show[1]) };
  return { page: path === "shows" ? "shows" : "studio" };
}

function subscribe(changed: () => void): () => void {
  window.addEventListener("hashchange", changed);
  return () => window.removeEventListener("hashchange", changed);
}

export function useRoute(): Route {
  return readRoute(useSyncExternalStore(subscribe, () => location.hash));
}
