import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Api } from "./core/api";
import { createStudio } from "./core/create-studio";
import { createGuest, createViewer } from "./core/create-guest";
import { createPhone } from "./core/create-phone";
import { startPlanner } from "./core/recut";
import { PlannerContext } from "./hooks/use-recut";
import "./styles/index.css";
import { App } from "./views/App";

const api = new Api();
const makeStudio = () => createStudio(api);
const root = document.getElementById("root");
if (root)
  createRoot(root).render(
    <StrictMode>
      <PlannerContext value={startPlanner}>
        <App api={api} makeStudio={makeStudio} makePhone={createPhone} makeGuest={createGuest} makeViewer={createViewer} />
      </PlannerContext>
    </StrictMode>,
  );
