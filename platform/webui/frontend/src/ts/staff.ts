import { listenToPatientSearch } from "./staff/patient-search";
import { startShell } from "./lib/shell";
import { startShortcuts } from "./lib/shortcuts";

interface Asked {
  target: HTMLElement;
  xhr: XMLHttpRequest;
  requestConfig: { verb: string };
  shouldSwap?: boolean;
}

const newest = new WeakMap<HTMLElement, XMLHttpRequest>();
const askedBy = (event: Event): Asked => (event as CustomEvent<Asked>).detail;

startShell();
startShortcuts();
listenToPatientSearch();
document.querySelector("[data-print]")?.addEventListener("click", () => print());

/* Two fields may ask for the same part of a page: only the later question is answered there. The earlier one's answer
   would take the part's place, and the later one's would find nothing left to replace. */
document.addEventListener("htmx:beforeSend", (event) => {
  const { target, xhr, requestConfig } = askedBy(event);
  if (requestConfig.verb === "get") newest.set(target, xhr);
});
document.addEventListener("htmx:beforeSwap", (event) => {
  const asked = askedBy(event);
  if (asked.requestConfig.verb === "get" && newest.get(asked.target) !== asked.xhr) asked.shouldSwap = false;
});
