import { TopBar } from "../components/TopBar";
import type { Studio } from "../core/studio";
import { useLeaveWarning } from "../hooks/use-leave-warning";
import { useRoute } from "../hooks/use-route";
import { StudioContext } from "../hooks/use-studio";
import { useStudioState } from "../hooks/use-studio-state";
import { useTitle } from "../hooks/use-title";
import { AfterShow } from "./AfterShow";
import { Library } from "./Library";
import { Setup } from "./Setup";
import { ShowPage } from "./ShowPage";
import { StudioView } from "./StudioView";

export function Pages({ studio }: { studio: Studio }) {
  return (
    <StudioContext value={studio}>
      <Page />
    </StudioContext>
  );
}

function Page() {
  const state = useStudioState();
  const route = useRoute();
  const isBusy = state.phase === "recording" || state.phase === "stopping";
  useLeaveWarning(isBusy || state.files.some((file) => file.state === "sending"));
  const isLibrary = route.page === "shows" || route.page === "show";
  useTitle(state.phase === "recording" ? `● ${state.name} · Crosscut` : isLibrary ? "Shows · Crosscut" : "Crosscut");
  return (
    <>
      <TopBar state={state} page={isLibrary ? "shows" : "studio"} />
      {route.page === "shows" && <Library />}
      {route.page === "show" && <ShowPage key={route.id} id={route.id} />}
      {!isLibrary && (state.phase === "setup" || state.phase === "starting") && <Setup state={state} />}
      {!isLibrary && state.phase === "recording" && <StudioView state={state} />}
      {!isLibrary && (state.phase === "stopping" || state.phase === "stopped") && <AfterShow state={state} />}
    </>
  );
}
