/* The keyboard: one tab stop; arrows walk; M lifts, arrows carry, Shift and up or down resize, Enter drops, Esc leaves. */

import { say } from "../lib/dom";
import { toast } from "../lib/toasts";
import { move } from "./moves";
import {
  clamp,
  clock,
  columnOf,
  columns,
  events,
  forgetWhatIsDrawn,
  labelOf,
  nameOf,
  obstacle,
  type Place,
  placeOf,
  put,
  root,
  ROWS,
  sentence,
  SNAP,
} from "./grid";

interface Lifted {
  event: HTMLElement;
  from: Place;
  at: Place;
}

let lifted: Lifted | undefined;

export function listenForKeys(): void {
  holdOneTabStop();
  root.addEventListener("redrawn", holdOneTabStop);
  root.addEventListener("focusin", (focus) => {
    const event = (focus.target as Element).closest<HTMLElement>(".ev");
    if (event) makeTabStop(event);
  });
  root.addEventListener("focusout", () => lifted && setTimeout(() => lifted?.event !== document.activeElement && leave()));
  root.addEventListener("keydown", onKey);
  root.addEventListener("click", (click) => lifted && click.preventDefault(), true); // Enter on a link is a click, too
}

function holdOneTabStop(): void {
  const all = events();
  for (const event of all) event.tabIndex = -1;
  const first = all.find((event) => event.closest(".today")) ?? all[0];
  if (first) first.tabIndex = 0;
}

function makeTabStop(event: HTMLElement): void {
  for (const other of root.querySelectorAll<HTMLElement>('.ev[tabindex="0"]')) other.tabIndex = -1;
  event.tabIndex = 0;
}

function onKey(key: KeyboardEvent): void {
  const event = (key.target as Element).closest<HTMLElement>(".ev");
  if (!event || key.ctrlKey || key.metaKey || key.altKey) return;
  const isHandled = lifted ? carry(lifted, key) : walk(event, key) || lift(event, key);
  if (!isHandled) return;
  key.preventDefault();
  key.stopPropagation();
}

function lift(event: HTMLElement, key: KeyboardEvent): boolean {
  if (key.key.toLowerCase() !== "m") return false;
  if (event.dataset["fixed"] !== undefined || root.dataset["moves"] === undefined) {
    toast(sentence("sayFixed", { name: nameOf(event) }), { error: true });
    return true;
  }
  forgetWhatIsDrawn();
  lifted = { event, from: placeOf(event), at: placeOf(event) };
  event.setAttribute("data-moving", "");
  say(sentence("sayLifted", { name: nameOf(event) }));
  return true;
}

function carry(current: Lifted, key: KeyboardEvent): boolean {
  if (key.key === "Enter" || key.key.toLowerCase() === "m") {
    drop(current);
    return true;
  }
  if (key.key === "Escape") {
    leave();
    return true;
  }
  const to = carried(current.at, key);
  if (!to) return false;
  current.at = to;
  const problem = obstacle(to, current.event);
  put(current.event, to);
  current.event.classList.toggle("clash", problem !== "");
  current.event.scrollIntoView({ block: "nearest", inline: "nearest" });
  const where = sentence("sayPlace", { from: clock(to.first), to: clock(to.last), column: labelOf(to.column) });
  say(problem ? `${where}, ${problem}` : where);
  return true;
}

function carried(at: Place, { key, shiftKey }: KeyboardEvent): Place | undefined {
  const step = key === "ArrowDown" ? SNAP : -SNAP;
  const height = at.last - at.first;
  if (key === "ArrowDown" || key === "ArrowUp") {
    if (shiftKey) return { ...at, last: clamp(at.last + step, at.first + SNAP, ROWS) };
    const first = clamp(at.first + step, 0, Math.max(0, ROWS - height));
    return { ...at, first, last: first + height };
  }
  if (key !== "ArrowLeft" && key !== "ArrowRight") return undefined;
  const all = columns();
  const next = all.indexOf(at.column) + (key === "ArrowRight" ? 1 : -1);
  return { ...at, column: all[clamp(next, 0, all.length - 1)] ?? at.column };
}

function drop({ event, from, at }: Lifted): void {
  putDown(event);
  void move(event, from, at).then(() => document.activeElement === document.body && event.focus());
  event.focus();
}

function leave(): void {
  if (!lifted) return;
  const { event, from } = lifted;
  putDown(event);
  put(event, from);
  say(sentence("sayLeft"));
}

function putDown(event: HTMLElement): void {
  lifted = undefined;
  event.removeAttribute("data-moving");
  event.classList.remove("clash");
}

/** Up and down within the column, left and right to whatever is nearest in the next column that has anything. */
function walk(event: HTMLElement, { key, shiftKey }: KeyboardEvent): boolean {
  if (shiftKey || !key.startsWith("Arrow")) return false;
  const next = key === "ArrowUp" || key === "ArrowDown" ? above(event, key) : beside(event, key);
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "nearest", inline: "nearest" });
  return true;
}

const inOrder = (column: HTMLElement): HTMLElement[] =>
  events(column).sort((one, other) => placeOf(one).first - placeOf(other).first);

function above(event: HTMLElement, key: string): HTMLElement | undefined {
  const all = inOrder(columnOf(event));
  return all[all.indexOf(event) + (key === "ArrowDown" ? 1 : -1)];
}

function beside(event: HTMLElement, key: string): HTMLElement | undefined {
  const all = columns();
  const here = all.indexOf(columnOf(event));
  const others = key === "ArrowRight" ? all.slice(here + 1) : all.slice(0, here).reverse();
  const column = others.find((each) => events(each).length > 0);
  const distance = (each: HTMLElement) => Math.abs(placeOf(each).first - placeOf(event).first);
  return column && inOrder(column).sort((one, other) => distance(one) - distance(other))[0];
}
