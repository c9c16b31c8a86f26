import { remember } from "./cookies";
import { $, $$, el, words } from "./dom";
import { openDialog } from "./dialogs";
import { startPalette } from "./palette";

interface Shortcut {
  keys: string;
  label: string;
  run: () => void;
}

const SEQUENCE_MS = 900;
const shortcuts: Shortcut[] = [];
let last = "";
let lastAt = 0;

/** Have `keys` ("b", "g c") do something. It is listed in the dialog of shortcuts. */
export function bind(keys: string, label: string, run: () => void): void {
  shortcuts.push({ keys, label, run });
}

/** Shortcuts of the menu (`data-keys`), of what begins a booking, and of the page's search. */
export function startShortcuts(): void {
  for (const link of $$<HTMLAnchorElement>("a[data-keys]")) {
    const keys = link.dataset["keys"];
    if (keys) bind(keys, link.textContent?.trim() ?? "", () => location.assign(link.href));
  }
  const booking = $("[data-new-booking]");
  if (booking) bind("b", booking.dataset["newBooking"] || (booking.textContent ?? "").trim(), () => booking.click());
  const search = $<HTMLInputElement>("[data-page-search]");
  if (search) bind("/", words("saySearch", "Search this page"), () => search.focus());
  else if ($("#palette")) bind("/", words("sayEverywhere", "Search everywhere"), () => openDialog("palette"));
  bind("?", words("sayShortcuts", "Keyboard shortcuts"), () => openDialog("keys"));
  list();
  addEventListener("keydown", onKey);
  startPalette();
}

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || isBusyElsewhere(event.target)) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const sequence = last && Date.now() - lastAt < SEQUENCE_MS ? `${last} ${key}` : key;
  const found = shortcuts.find(({ keys }) => keys === sequence) ?? shortcuts.find(({ keys }) => keys === key);
  [last, lastAt] = found ? ["", 0] : [key, Date.now()];
  if (!found || (!areOn() && found.keys !== "?")) return;
  event.preventDefault();
  found.run();
}

function isBusyElsewhere(target: EventTarget | null): boolean {
  const typing =
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
  return typing || $("dialog[open]") !== null;
}

/** Single keys can be turned off (WCAG 2.1.4), for people whose voice or hands press them by chance. */
const areOn = (): boolean => !document.cookie.includes("shortcuts=off");

function list(): void {
  const place = $("#keys-list");
  if (!place) return;
  for (const { keys, label } of shortcuts) {
    const shown = keys.split(" ").map((key) => el("kbd", { className: "kbd" }, key.toUpperCase()));
    place.append(el("dt", {}, label), el("dd", {}, ...shown));
  }
  const onOff = $<HTMLInputElement>("#keys-on");
  if (!onOff) return;
  onOff.checked = areOn();
  onOff.addEventListener("change", () => remember("shortcuts", onOff.checked ? "on" : "off"));
}
