/* The console without its views, driven by tests from outside. */
import { createStudio } from "../core/create-studio";

Object.assign(window, { studio: createStudio() });
