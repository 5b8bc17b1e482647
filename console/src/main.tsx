import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Api } from "./core/api";
import { createStudio } from "./core/create-studio";
import "./styles/index.css";
import { App } from "./views/App";

const api = new Api();
const makeStudio = () => createStudio(api);
const makePhone = () => Promise.reject(new Error("Phones cannot join in this version."));
const root = document.getElementById("root");
if (root)
  createRoot(root).render(
    <StrictMode>
      <App api={api} makeStudio={makeStudio} makePhone={makePhone} />
    </StrictMode>,
  );
