/* Draws views in jsdom, which knows no dialogs, streams and screens. */
import { act, type ReactNode } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach } from "vitest";
import type { Studio } from "../core/studio";
import { ApiContext } from "../hooks/use-api";
import { StudioContext } from "../hooks/use-studio";
import { fakeApi } from "./fake-server";

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) {
  this.setAttribute("open", "");
};
HTMLDialogElement.prototype.close ??= function (this: HTMLDialogElement) {
  this.removeAttribute("open");
};
HTMLMediaElement.prototype.play = () => Promise.resolve();
globalThis.IntersectionObserver ??= class {
  observe(): void {}
  disconnect(): void {}
} as unknown as typeof IntersectionObserver;

let root: Root | null = null;

afterEach(async () => {
  await act(async () => root?.unmount());
  root = null;
  document.body.replaceChildren();
});

export async function render(view: ReactNode, studio?: Studio, api = fakeApi()): Promise<void> {
  const place = document.body.appendChild(document.createElement("div"));
  root = createRoot(place);
  const whole = <ApiContext value={api}>{studio ? <StudioContext value={studio}>{view}</StudioContext> : view}</ApiContext>;
  await act(async () => root?.render(whole));
}

function nameOf(element: Element): string {
  const label = element.getAttribute("aria-label");
  if (label !== null) return label;
  const copy = element.cloneNode(true) as Element;
  for (const quiet of copy.querySelectorAll("[aria-hidden=true], .picture")) quiet.remove();
  return copy.textContent?.trim() ?? "";
}

/* The button of this name, as a screen reader says it. */
export function button(name: string): HTMLButtonElement {
  const all = [...document.querySelectorAll("button")];
  const found = all.find((one) => nameOf(one) === name);
  if (!found) throw new Error(`no button "${name}" among: ${all.map(nameOf).join(" | ")}`);
  return found;
}

export async function press(words: string): Promise<void> {
  await act(async () => button(words).click());
}

export async function key(name: string, target: EventTarget = document.body): Promise<void> {
  await act(async () => void target.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true })));
}

export async function type(label: string, words: string): Promise<void> {
  const field = [...document.querySelectorAll("label")].find((one) => one.querySelector("span")?.textContent === label)?.querySelector("input");
  if (!field) throw new Error(`no field "${label}"`);
  const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")?.set;
  await act(async () => {
    set?.call(field, words);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

export const words = () => document.body.textContent ?? "";
