/* On paper a week of many columns would be too narrow to read: each of its days gets a sheet of its own. */

import { $, $$, el } from "../lib/dom";
import { root } from "./grid";

const MOST_ON_A_SHEET = 4; // columns a day of which a whole week is still read

let sheets: HTMLElement | undefined;

export function listenForPrinting(): void {
  addEventListener("beforeprint", layOut);
  addEventListener("afterprint", takeAway);
}

function layOut(): void {
  takeAway();
  const days = $$(".cal-day", root);
  if (days.length < 2 || (days[0]?.childElementCount ?? 0) <= MOST_ON_A_SHEET) return;
  const heads = $$(".cal-dayhead", root);
  const axis = $(".cal-axis", root)!;
  sheets = el("div", { className: `${root.className} cal-sheets` });
  for (const [place, day] of days.entries())
    sheets.append(el("div", { className: "cal-sheet" }, heads[place]!.cloneNode(true), axis.cloneNode(true), day.cloneNode(true)));
  root.after(sheets);
}

function takeAway(): void {
  sheets?.remove();
  sheets = undefined;
}
