/* What becomes of a drop: shown at once, saved behind it, put back with the reason if the server refuses. */

import { $, say, words } from "../lib/dom";
import { newKey } from "../lib/forms";
import { toast } from "../lib/toasts";
import { askWhatInstead, type Refusal } from "./refused";
import {
  by,
  dayOf,
  events,
  isSame,
  obstacle,
  type Place,
  put,
  resourceOf,
  root,
  settle,
  SNAP,
  time,
} from "./grid";

interface Answer {
  version: number;
  clock: string;
  described: string;
  text: string;
}

interface Refused extends Partial<Refusal> {
  code?: string;
  detail?: string;
}

type Fields = Record<string, string>;

/** What to do about a refusal; false if nothing can be done but to tell it. */
type Otherwise = (refused: Refusal) => boolean;

const addressOf = (event: HTMLElement): string => (event as HTMLAnchorElement).href;
const versionOf = (address: string): string =>
  events().find((each) => addressOf(each) === address)?.dataset["v"] ?? "";
const isToBeTold = (): boolean => $<HTMLInputElement>("#tell")?.checked ?? true;

export async function move(event: HTMLElement, from: Place, to: Place): Promise<void> {
  put(event, from);
  if (isSame(from, to)) return;
  if (by === "service" && resourceOf(from.column) !== resourceOf(to.column)) return refuse(obstacle(to, event));
  const address = addressOf(event);
  const before = wish(from, to, from, false);
  const wanted = wish(to, from, to, isToBeTold());
  const otherwise: Otherwise = (refused) => askWhatInstead(refused, (fields) => void again(fields));
  const again = async (instead: Fields): Promise<void> => {
    const kept = "override" in instead ? wanted : { notify: wanted["notify"] ?? "1", by };
    const moved = await post(address, { ...kept, ...instead, version: versionOf(address) }, otherwise);
    if (!moved) return;
    await refresh(address);
    tell(moved, address, before);
  };
  const answer = await save(event, from, to, wanted, otherwise);
  if (answer) tell(answer, address, before);
}

function tell({ text }: Answer, address: string, before: Fields): void {
  toast(text, { undo: () => void undo(address, before) });
  say(text);
}

/** Back to where it was, by the same door. Nobody is told: the mail about the move has not left yet. */
async function undo(address: string, wanted: Fields): Promise<void> {
  const answer = await post(address, { ...wanted, undo: "1", version: versionOf(address) });
  if (!answer) return;
  await refresh(address);
  toast(answer.text);
}

/** What to ask for: only what differs between two places, so that a visit keeps its length and its room. */
function wish(place: Place, from: Place, to: Place, notify: boolean): Fields {
  const day = dayOf(place.column);
  const wanted: Fields = { ...moment("start", place.first, day), notify: notify ? "1" : "0", by };
  if (from.last - from.first !== to.last - to.first) Object.assign(wanted, moment("end", place.last, day));
  if (resourceOf(from.column) !== resourceOf(to.column)) wanted[by] = resourceOf(place.column);
  return wanted;
}

function moment(name: string, row: number, onDay: string): Fields {
  const { day, at, again } = time(row, onDay);
  return { [`${name}_day`]: day, [name]: at, ...(again ? { [`${name}_again`]: "1" } : {}) };
}

async function save(
  event: HTMLElement,
  from: Place,
  to: Place,
  wanted: Fields,
  otherwise: Otherwise,
): Promise<Answer | undefined> {
  put(event, to);
  event.setAttribute("aria-busy", "true");
  const address = addressOf(event);
  const isInTwo = event.classList.contains("goes-on");
  const answer = await post(address, { ...wanted, version: event.dataset["v"] ?? "" }, otherwise);
  event.removeAttribute("aria-busy");
  if (!answer) put(event, from);
  else describe(event, answer);
  settle(from.column);
  if (to.column !== from.column) settle(to.column);
  if (answer && isInTwo) await refresh(address);
  return answer;
}

function describe(event: HTMLElement, answer: Answer): void {
  event.dataset["v"] = String(answer.version);
  const shown = $("i", event)?.firstChild;
  if (shown) shown.textContent = answer.clock;
  const described = $("span.vh", event);
  if (described) described.textContent = `, ${answer.described}`;
}

/** Send a wish to the visit's door; tell a refusal in the server's words. One key for all tries of the same wish. */
async function post(address: string, wanted: Fields, otherwise?: Otherwise): Promise<Answer | undefined> {
  const headers = {
    Accept: "application/json",
    "Idempotency-Key": newKey(),
    "X-CSRFToken": $<HTMLMetaElement>("meta[name=csrf-token]")?.content ?? "",
  };
  let answer: Response;
  try {
    answer = await fetch(`${address}place/`, { method: "POST", headers, body: new URLSearchParams(wanted) });
  } catch {
    return void refuse(words("sayOffline", ""));
  }
  if (!answer.headers.get("Content-Type")?.includes("json")) {
    if (answer.redirected) location.reload(); // signed out meanwhile
    return void refuse(words("sayBroken", ""));
  }
  const body = (await answer.json()) as Answer & Refused;
  if (answer.ok) return body;
  const { told = body.detail ?? "", offers, may_override = false } = body;
  if (!offers || !otherwise?.({ told, offers, may_override })) refuse(told);
  if (body.code === "changed-meanwhile") void refresh(address);
}

function refuse(text: string): void {
  toast(text, { error: true });
}

/** Fetch the days anew, as they are now, and stay with the same visit. */
async function refresh(address: string): Promise<void> {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return location.reload();
  const fresh = $(".cal-body", new DOMParser().parseFromString(await answer.text(), "text/html"));
  if (!fresh) return location.reload();
  const hadFocus = root.contains(document.activeElement);
  $(".cal-body", root)?.replaceWith(fresh);
  root.dispatchEvent(new CustomEvent("redrawn"));
  if (hadFocus) events().find((each) => addressOf(each) === address)?.focus();
}

/** Begin a booking at a place that was drawn or pointed at. */
export function book({ column, first, last }: Place): void {
  const day = dayOf(column);
  const query = new URLSearchParams({ from: day, ...moment("start", first, day) });
  if (last - first > SNAP) for (const [name, value] of Object.entries(moment("end", last, day))) query.set(name, value);
  const id = resourceOf(column);
  if (id) query.set(by, id);
  if (id && by === "practitioner") query.set("with", id);
  location.assign(`${root.dataset["book"] ?? ""}?${query}`);
}
