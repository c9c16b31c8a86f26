/* The grid that the server drew: .cal-day[data-day] > .cal-col > ul > li > .ev.s-N.e-N, N in rows of five minutes. */

import { $, $$ } from "../lib/dom";

export interface Place {
  column: HTMLElement;
  first: number;
  last: number;
}

/** A time as the server takes it; `again` is the second of two alike, on a day that clocks are set back. */
interface Time {
  day: string;
  at: string;
  again: boolean;
}

const ROWS_AN_HOUR = 12;
const ROW_MINUTES = 5;
const MIDNIGHT = 24;
export const SNAP = 3;

export const root = $<HTMLElement>(".cal")!;
const hours = (root?.dataset["hours"] ?? "").trim().split(" ");
const ids = (root?.dataset["columns"] ?? "").split(" ");
export const ROWS = hours.length * ROWS_AN_HOUR;
export const by = root?.dataset["by"] ?? "";

export const columns = (): HTMLElement[] => $$(".cal-col", root);
export const events = (within: ParentNode = root): HTMLElement[] => $$(".ev:not(.ghost)", within);
export const nameOf = (event: Element): string => $("b", event)?.textContent?.trim() ?? "";
export const columnOf = (element: Element): HTMLElement => element.closest<HTMLElement>(".cal-col")!;
/** Who performs it, where that is not what the columns are. */
const whoOf = (event: Element): string | undefined => $("[data-who]", event)?.dataset["who"];
export const labelOf = (column: Element): string => column.getAttribute("aria-label") ?? "";
export const dayOf = (column: Element): string => column.closest<HTMLElement>(".cal-day")?.dataset["day"] ?? "";
export const clamp = (value: number, least: number, most: number): number => Math.max(least, Math.min(most, value));

/** A sentence of the page's, with `{names}` filled in. */
export function sentence(key: string, values: Record<string, string> = {}): string {
  return (root.dataset[key] ?? "").replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "");
}

/** Which practitioner, room or service a column is of: days have the same columns in the same order. */
export function resourceOf(column: HTMLElement): string {
  const id = ids[[...(column.parentElement?.children ?? [])].indexOf(column)] ?? "-";
  return id === "-" ? "" : id;
}

const rowIn = (element: Element, edge: "s" | "e"): number =>
  Number(element.className.match(new RegExp(`(?:^| )${edge}-(\\d+)`))?.[1] ?? 0);

export const placeOf = (event: Element): Place => ({
  column: columnOf(event),
  first: rowIn(event, "s"),
  last: rowIn(event, "e"),
});

export const isSame = (one: Place, other: Place): boolean =>
  one.column === other.column && one.first === other.first && one.last === other.last;

/** Its classes without those that say where it is. */
export const bare = (element: Element): string => element.className.replace(/(?:^| )(?:s|e|lane|of)-\d+/g, "");

/** Draw an element in these rows, over the whole width of its column. */
export function setRows(element: Element, first: number, last: number): void {
  element.className = `${bare(element)} s-${first} e-${last}`;
}

export function put(event: HTMLElement, { column, first, last }: Place): void {
  if (columnOf(event) !== column) {
    const hadFocus = document.activeElement === event;
    $("ul", column)?.append(event.closest("li")!);
    if (hadFocus) event.focus();
  }
  setRows(event, first, last);
}

/** The time of day at a row, as it is read: "09:15". */
export function clock(row: number): string {
  const { at, again } = time(row, "");
  return again ? `${at} ${sentence("sayAgain")}` : at;
}

export function time(row: number, day: string): Time {
  const place = Math.min(Math.floor(row / ROWS_AN_HOUR), hours.length - 1);
  const minutes = (row - place * ROWS_AN_HOUR) * ROW_MINUTES;
  const hour = parseInt(hours[place] ?? "0") + Math.floor(minutes / 60);
  const at = `${String(hour % MIDNIGHT).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
  return { day: hour < MIDNIGHT ? day : dayAfter(day), at, again: (hours[place] ?? "").endsWith("+") && minutes < 60 };
}

function dayAfter(day: string): string {
  if (!day) return day;
  const noon = new Date(`${day}T12:00:00Z`);
  noon.setUTCDate(noon.getUTCDate() + 1);
  return noon.toISOString().slice(0, 10);
}

/** What is drawn in a column, read once for a drag: to read it anew costs a frame where there are hundreds. */
interface Drawn {
  event: HTMLElement;
  first: number;
  last: number;
}

const drawnIn = new Map<Element, Drawn[]>();

export const forgetWhatIsDrawn = (): void => drawnIn.clear();

function drawn(column: Element): Drawn[] {
  const known = drawnIn.get(column);
  if (known) return known;
  const read = events(column)
    .filter((event) => !event.classList.contains("noshow"))
    .map((event) => ({ event, first: rowIn(event, "s"), last: rowIn(event, "e") }));
  drawnIn.set(column, read);
  return read;
}

/** What stands in the way of a place, in words. The server is the judge; this is for whoever is still dragging. */
export function obstacle(place: Place, event?: HTMLElement): string {
  if (by === "service" && event && resourceOf(place.column) !== resourceOf(columnOf(event)))
    return sentence("sayService");
  const other = clash(place, event);
  if (other) return sentence("sayOverlaps", { name: nameOf(other) });
  const off = $$(".off", place.column).find((each) => meets(each, place));
  return off ? off.textContent || sentence("sayOff") : "";
}

const meets = (element: Element, place: Place): boolean =>
  rowIn(element, "s") < place.last && rowIn(element, "e") > place.first;

function clash(place: Place, event?: HTMLElement): HTMLElement | undefined {
  const others = (column: Element) =>
    drawn(column)
      .filter((each) => each.first < place.last && each.last > place.first && !isOf(each.event, event))
      .map((each) => each.event);
  const here = by === "service" ? [] : others(place.column);
  if (here.length >= Number(place.column.dataset["holds"] ?? 1)) return here[0];
  const who = event && whoOf(event);
  if (!who) return undefined;
  return [...place.column.parentElement!.children].flatMap(others).find((each) => whoOf(each) === who);
}

/** Whether both are drawn of the same visit: one that crosses midnight is drawn twice. */
export const isOf = (one: HTMLElement, other?: HTMLElement): boolean =>
  one === other || (one.hasAttribute("href") && one.getAttribute("href") === other?.getAttribute("href"));

/** Draw what overlaps in a column side by side, as the server does. */
export function settle(column: HTMLElement): void {
  const sorted = events(column).sort((a, b) => rowIn(a, "s") - rowIn(b, "s") || rowIn(a, "e") - rowIn(b, "e"));
  let crowd: [HTMLElement, number][] = [];
  let ends: number[] = [];
  const finish = () => {
    for (const [event, lane] of crowd) {
      setRows(event, rowIn(event, "s"), rowIn(event, "e"));
      if (ends.length > 1) event.classList.add(`lane-${lane + 1}`, `of-${ends.length}`);
    }
    [crowd, ends] = [[], []];
  };
  for (const event of sorted) {
    if (rowIn(event, "s") >= Math.max(0, ...ends)) finish();
    const free = ends.findIndex((end) => end <= rowIn(event, "s"));
    const lane = free < 0 ? ends.length : free;
    ends[lane] = rowIn(event, "e");
    crowd.push([event, lane]);
  }
  finish();
}
