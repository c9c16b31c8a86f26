import { $, $$ } from "./dom";
import { openDialog } from "./dialogs";

const open = (): void => openDialog("palette");

/** The search everywhere, by Ctrl K or ⌘ K from anywhere; arrows walk through what was found. */
export function startPalette(): void {
  const palette = $<HTMLDialogElement>("#palette");
  if (!palette) return;
  addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey) || event.altKey || event.shiftKey) return;
    if (!palette.open && $("dialog[open]")) return;
    event.preventDefault();
    open();
  });
  palette.addEventListener("opened", () => $<HTMLInputElement>("input", palette)?.select());
  palette.addEventListener("keydown", (event) => walk(palette, event));
}

function walk(palette: HTMLElement, event: KeyboardEvent): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const field = $<HTMLInputElement>("input", palette);
  if (!step) {
    const first = event.key === "Enter" && event.target === field ? $<HTMLAnchorElement>("a.find", palette) : null;
    if (first) {
      event.preventDefault();
      first.click();
    }
    return;
  }
  const stops = [field, ...$$("a.find", palette)];
  const next = stops[stops.indexOf(document.activeElement as HTMLInputElement) + step];
  event.preventDefault();
  next?.focus();
}
