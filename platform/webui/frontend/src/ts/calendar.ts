/* The calendar page: what the server drew can be dragged, resized, walked and carried; the line of now moves on. */

import { $, $$ } from "./lib/dom";
import { listenForDrags } from "./calendar/drag";
import { ROWS, root } from "./calendar/grid";
import { listenForKeys } from "./calendar/keys";
import { listenForMonth } from "./calendar/month";
import { listenForPrinting } from "./calendar/sheets";

const A_ROW_MS = 5 * 60 * 1000;

function moveTheLineOfNow(): void {
  for (const line of $$(".now", root)) {
    const row = Number(line.className.match(/s-(\d+)/)?.[1] ?? 0) + 1;
    if (row < ROWS) line.className = `now s-${row}`;
    else line.remove();
  }
}

if (root) {
  listenForDrags();
  listenForKeys();
  listenForPrinting();
  setInterval(moveTheLineOfNow, A_ROW_MS);
  $(".cal-day.today", root)?.scrollIntoView({ block: "nearest", inline: "start" });
}
listenForMonth();
