/* The pointer: a mouse drags at once, a finger after it has rested, so that swiping still scrolls. */

import { $, el } from "../lib/dom";
import { book, move } from "./moves";
import { bare, clamp, clock, forgetWhatIsDrawn, isSame, nameOf, obstacle, type Place, placeOf, root, ROWS, SNAP } from "./grid";
import { type Ground, survey } from "./ground";

const HOLD_MS = 350;
const FAR_PX = 5;
const GRIP_PX = 7;

type Mode = "move" | "size" | "new";

interface Drag {
  mode: Mode;
  event?: HTMLElement;
  from: Place;
  at: Place;
  grabbed: number;
  ghost: HTMLElement;
  pane: HTMLElement;
  ground: Ground;
  drawn?: Place;
}

interface Pending {
  x: number;
  y: number;
  timer: number;
  begin: () => void;
}

const scroller = $(".cal-scroll")!;
const snap = (row: number): number => Math.round(row / SNAP) * SNAP;
let drag: Drag | undefined;
let pending: Pending | undefined;
let frame = 0;
let pointer = { x: 0, y: 0 };

export function listenForDrags(): void {
  scroller.addEventListener("pointerdown", press);
  addEventListener("pointermove", follow);
  addEventListener("pointerup", () => end(true));
  addEventListener("pointercancel", () => drag || end(false));
  addEventListener("keydown", (event) => event.key === "Escape" && end(false));
  scroller.addEventListener("touchmove", (event) => drag && event.preventDefault(), { passive: false });
  scroller.addEventListener("touchend", () => end(true));
  scroller.addEventListener("dragstart", (event) => event.preventDefault());
  scroller.addEventListener("contextmenu", (event) => {
    if (drag || (pending && (event as PointerEvent).pointerType === "touch")) event.preventDefault();
  });
}

function press(pressed: PointerEvent): void {
  if (pressed.button || drag) return;
  const target = pressed.target as Element;
  const event = target.closest<HTMLElement>(".ev") ?? undefined;
  const column = target.closest<HTMLElement>(".cal-col");
  if (!column || (event && (event.dataset["fixed"] !== undefined || root.dataset["moves"] === undefined))) return;
  pointer = { x: pressed.clientX, y: pressed.clientY };
  const isMouse = pressed.pointerType === "mouse";
  const begin = () => {
    pending = undefined;
    start(event, column, pressed);
  };
  const timer = isMouse ? 0 : window.setTimeout(() => (navigator.vibrate?.(10), begin()), HOLD_MS);
  pending = { ...pointer, timer, begin };
  if (isMouse && !event) pressed.preventDefault(); // or the drag would select text
}

function follow(moved: PointerEvent): void {
  pointer = { x: moved.clientX, y: moved.clientY };
  if (!pending || Math.hypot(pointer.x - pending.x, pointer.y - pending.y) <= FAR_PX) return;
  if (!pending.timer) return pending.begin();
  clearTimeout(pending.timer); // a finger that moves before it has rested is scrolling
  pending = undefined;
}

function modeOf(event: HTMLElement | undefined, y: number): Mode {
  if (!event) return "new";
  const isAtGrip = !event.classList.contains("goes-on") && event.getBoundingClientRect().bottom - y <= GRIP_PX;
  return isAtGrip ? "size" : "move";
}

function start(event: HTMLElement | undefined, column: HTMLElement, { clientY, pointerId, pointerType }: PointerEvent): void {
  forgetWhatIsDrawn();
  const ground = survey(scroller);
  const row = ground.rowAt(clientY);
  const first = Math.floor(row / SNAP) * SNAP;
  const at = event ? placeOf(event) : { column, first, last: first + SNAP };
  const mode = modeOf(event, clientY);
  const ghost = el("div", { className: event ? `${bare(event)} ghost` : "ev ghost sel" });
  ghost.setAttribute("aria-hidden", "true");
  ghost.append(el("b", {}, event ? nameOf(event) : ""), el("i"), el("em"));
  event?.classList.add("lifted");
  const pane = el("div", { className: "cal-pane" });
  $(".cal-body", root)!.append(ghost);
  root.append(pane);
  if (pointerType === "mouse") pane.setPointerCapture(pointerId);
  drag = { mode, ...(event ? { event } : {}), from: { ...at }, at, grabbed: row - at.first, ghost, pane, ground };
  frame ||= requestAnimationFrame(step);
}

/** Once a frame: scroll at the edges, find the place under the pointer, draw it if it is another one. */
function step(): void {
  frame = 0;
  if (!drag) return;
  drag.ground.scrollAtEdges(pointer);
  drag.at = placeUnder(drag);
  paint(drag);
  frame = requestAnimationFrame(step);
}

function placeUnder({ mode, from, at, grabbed, ground }: Drag): Place {
  const column = mode === "move" ? (ground.columnAt(pointer.x) ?? at.column) : at.column;
  const row = ground.rowAt(pointer.y);
  if (mode === "size") return { column, first: at.first, last: clamp(snap(row), at.first + SNAP, ROWS) };
  if (mode === "new") {
    const to = snap(row);
    return {
      column,
      first: clamp(Math.min(from.first, to), 0, ROWS - SNAP),
      last: clamp(Math.max(from.first + SNAP, to), SNAP, ROWS),
    };
  }
  const height = at.last - at.first;
  const first = clamp(snap(row - grabbed), 0, Math.max(0, ROWS - height));
  return { column, first, last: first + height };
}

/** The ghost is a layer of its own, put in its place by a transform: nothing else is laid out or painted for it. */
function paint(current: Drag): void {
  const { ghost, at, event, drawn, ground } = current;
  if (drawn && isSame(drawn, at)) return;
  current.drawn = at;
  const { x, y, width, height } = ground.boxOf(at);
  Object.assign(ghost.style, { transform: `translate(${x}px, ${y}px)`, width: `${width}px`, height: `${height}px` });
  const problem = obstacle(at, event);
  ghost.classList.toggle("clash", problem !== "");
  $("i", ghost)!.textContent = `${clock(at.first)}–${clock(at.last)}`;
  $("em", ghost)!.textContent = problem;
}

function end(isToBeKept: boolean): void {
  if (pending?.timer) clearTimeout(pending.timer);
  pending = undefined;
  cancelAnimationFrame(frame);
  frame = 0;
  const done = drag;
  drag = undefined;
  if (!done) return;
  done.ground.leave();
  done.ghost.remove();
  done.pane.remove();
  done.event?.classList.remove("lifted");
  if (done.event) swallowClick(done.event);
  if (!isToBeKept) return;
  if (done.event) void move(done.event, done.from, done.at);
  else book(done.at);
}

/** The click that ends a drag is no click on the visit. */
function swallowClick(event: HTMLElement): void {
  const swallow = (click: Event) => (click.preventDefault(), click.stopPropagation());
  event.addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => event.removeEventListener("click", swallow, true), 60);
}
