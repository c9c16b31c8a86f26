/* The month: arrows walk its days, which are links. */

import { $, $$ } from "../lib/dom";

const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

export function listenForMonth(): void {
  const month = $(".month");
  const days = $$<HTMLAnchorElement>(".month a.month-day");
  if (!month || !days.length) return;
  const makeTabStop = (stop: HTMLElement) => {
    for (const day of days) day.tabIndex = day === stop ? 0 : -1;
  };
  makeTabStop(days.find((day) => day.matches("[aria-current]")) ?? days[0]!);
  month.addEventListener("keydown", (event) => {
    const at = days.indexOf(event.target as HTMLAnchorElement);
    const next = days[at + (STEPS[event.key] ?? 0)];
    if (at < 0 || !(event.key in STEPS)) return;
    event.preventDefault();
    if (!next) return;
    makeTabStop(next);
    next.focus();
  });
}
