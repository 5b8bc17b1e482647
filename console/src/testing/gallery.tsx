import { createRoot } from "react-dom/client";
import { App } from "../views/App";

const root = document.getElementById("root");
if (root) createRoot(root).render(<App />);
