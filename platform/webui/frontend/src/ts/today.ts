import htmx from "htmx.org";

import { $, $$, words } from "./lib/dom";
import { toast } from "./lib/toasts";

const EVERY_MS = 10_000;

/** What the board shows now, and what of an answer waits until nobody has a card of its lane under pointer or focus. */
const board = $("#board");
let etag = "";
let latest: Document | null = null;
let isAsking = false;

if (board) {
  setInterval(() => void refresh(), EVERY_MS);
  document.addEventListener("visibilitychange", () => void refresh());
  document.body.addEventListener("board", () => void refresh());
  document.addEventListener("htmx:responseError", () => void refresh());
  for (const event of ["pointerout", "focusout"]) board.addEventListener(event, () => setTimeout(settle));
  document.addEventListener("submit", takeStep, true); // before whoever guards forms against a second press
}

/** Ask for the board, if somebody looks: the answer is 304, and nothing, as long as it is the same. */
async function refresh(): Promise<void> {
  if (document.hidden || isAsking || !board) return;
  isAsking = true;
  try {
    const headers = { "HX-Request": "true", "If-None-Match": etag };
    const answer = await fetch(location.href, { headers, redirect: "error" });
    if (!answer.ok) return;
    etag = answer.headers.get("ETag") ?? "";
    latest = new DOMParser().parseFromString(await answer.text(), "text/html");
    settle();
  } catch {
    // No connection: the board says what it said; the next round asks again.
  } finally {
    isAsking = false;
  }
}

/** A button of a card: sent on the spot; the card follows with the next answer, and the focus follows the card. */
function takeStep(event: SubmitEvent): void {
  const form = event.target as HTMLFormElement;
  const button = event.submitter as HTMLButtonElement | null;
  if (form.id !== "step" || !button) return;
  event.preventDefault();
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  void send(button.formAction, new FormData(form, button))
    .catch(() => toast(words("sayOffline", "There is no connection. Nothing was sent; try again."), { error: true }))
    .then(() => follow(button));
}

async function send(address: string, body: FormData): Promise<void> {
  const answer = await fetch(address, { method: "POST", body, headers: { "HX-Request": "true" } });
  const told = answer.headers.get("HX-Trigger");
  if (!told) return location.reload(); // not signed in any more, or something broke: the page says which
  for (const [name, detail] of Object.entries(JSON.parse(told) as Record<string, unknown>))
    document.body.dispatchEvent(new CustomEvent(name, { detail }));
}

async function follow(button: HTMLButtonElement): Promise<void> {
  const card = button.closest("li[id]");
  button.removeAttribute("aria-busy");
  button.blur();
  card?.setAttribute("data-acted", "");
  await refresh();
  if (card && document.activeElement === document.body) $(`#${CSS.escape(card.id)} .rowlink`)?.focus();
}

const POINTED_AT = matchMedia("(hover: hover)").matches ? ":hover, :focus-within" : ":focus-within";
const isHeld = (card: Element): boolean => !card.hasAttribute("data-acted") && card.matches(POINTED_AT);

/** Bring the board to what was answered last, but for lanes where somebody is about to press something. */
function settle(): void {
  if (!latest || !board) return;
  const heldLanes = $$("[data-lane]", board).filter((lane) => $$("li[id]", lane).some(isHeld));
  const heldParts = $$("[data-part]", board).filter((part) => part.matches(":focus-within, :hover:has(button, a, summary)"));
  if (!heldLanes.length && !heldParts.length) return replaceAll();
  const kept = new Set(heldLanes.flatMap((lane) => $$("li[id]", lane).map((card) => card.id)));
  for (const part of $$("[data-part]", board)) if (!heldParts.includes(part)) swapPart(part);
  for (const lane of $$("[data-lane]", board)) if (!heldLanes.includes(lane)) fillLane(lane, kept);
  for (const lane of heldLanes) for (const card of $$("li[id]", lane)) if (!isHeld(card)) swapInPlace(card);
}

function replaceAll(): void {
  const open = $$<HTMLDetailsElement>("details[data-keep][open]", board!).map((each) => each.dataset["keep"]);
  board!.replaceChildren(...document.importNode(latest!.body, true).childNodes);
  for (const each of $$<HTMLDetailsElement>("details[data-keep]", board!)) each.open = open.includes(each.dataset["keep"]);
  htmx.process(board!);
  latest = null;
}

function swapPart(part: Element): void {
  const fresh = $(`[data-part="${part.getAttribute("data-part")}"]`, latest!);
  if (fresh && fresh.outerHTML !== part.outerHTML) part.replaceWith(document.importNode(fresh, true));
}

function fillLane(lane: Element, kept: Set<string>): void {
  const fresh = $(`[data-lane="${lane.getAttribute("data-lane")}"]`, latest!);
  const cards = fresh ? $$("li[id]", fresh).filter((card) => !kept.has(card.id)) : [];
  lane.replaceChildren(...cards.map((card) => document.importNode(card, true)));
}

/** A neighbour of a card under the pointer says what it is now, in the room that it has: nothing moves. */
function swapInPlace(card: HTMLElement): void {
  const fresh = latest!.getElementById(card.id);
  if (!fresh || fresh.innerHTML === card.innerHTML) return;
  const height = `${card.offsetHeight}px`;
  card.replaceChildren(...document.importNode(fresh, true).childNodes);
  Object.assign(card.style, { height, overflow: "clip" });
}
