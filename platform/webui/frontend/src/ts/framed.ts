/* A page in a frame on somebody's site: tell that site how high it is. Who may frame it is in its policy. */

import { $ } from "./lib/dom";

const GAP = 24;
const main = $<HTMLElement>("#main");

function tell(): void {
  if (!main) return;
  const action = $<HTMLElement>(".sticky-cta")?.offsetHeight ?? 0;
  const bottom = main.offsetTop + main.scrollHeight;
  parent.postMessage({ bookingHeight: bottom + action + GAP }, "*");
}

if (main && parent !== window) {
  new ResizeObserver(tell).observe(main);
  tell();
}
