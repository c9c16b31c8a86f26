import htmx from "htmx.org";

import { $, say, words } from "./dom";
import { openNewDialogs } from "./dialogs";
import { focusErrors, release, rotateKey } from "./forms";
import { listenForToasts, toast } from "./toasts";

interface HtmxDetail {
  elt: HTMLElement;
  target: HTMLElement;
  verb: string;
  headers: Record<string, string>;
  successful: boolean;
  xhr?: XMLHttpRequest;
  requestConfig?: { elt: HTMLElement };
}

const detailOf = (event: Event): HtmxDetail => (event as CustomEvent<HtmxDetail>).detail;

/** htmx, kept to what the Content-Security-Policy allows and to what a shared computer may remember (nothing). */
export function startHtmx(): void {
  Object.assign(htmx.config, {
    allowEval: false,
    allowScriptTags: false,
    includeIndicatorStyles: false,
    historyCacheSize: 0,
    refreshOnHistoryMiss: true,
    selfRequestsOnly: true,
    scrollBehavior: "auto",
    responseHandling: [
      { code: "204", swap: false },
      { code: "[23]..", swap: true },
      // Refusals that keep what was typed: the form comes back with the reason and fresh choices.
      { code: "409|422", swap: true },
      { code: "[45]..", swap: false, error: true },
    ],
  });
  document.addEventListener("htmx:configRequest", addCsrfToken);
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (isInUse(detailOf(event).elt)) return event.preventDefault();
    if (formOf(event)) beginBusy(event);
  });
  document.addEventListener("htmx:afterRequest", endBusy);
  document.addEventListener("htmx:afterSwap", (event) => {
    focusErrors(detailOf(event).target);
    openNewDialogs(detailOf(event).target);
  });
  document.addEventListener("htmx:responseError", tellOfError);
  document.addEventListener("htmx:sendError", () =>
    toast(words("sayOffline", "There is no connection. Nothing was sent; try again."), { error: true }),
  );
  listenForToasts((address) => void htmx.ajax("post", address, { swap: "none" }));
}

/** `data-calm` marks what refreshes itself: never under somebody's pointer or focus, and not where nobody looks. */
function isInUse(element: HTMLElement): boolean {
  if (!element.hasAttribute("data-calm")) return false;
  return document.hidden || $("li:hover, tr:hover, :focus, [popover]:popover-open", element) !== null;
}

function addCsrfToken(event: Event): void {
  const { verb, headers } = detailOf(event);
  if (verb === "get") return;
  const token =
    $<HTMLMetaElement>("meta[name=csrf-token]")?.content ?? $<HTMLInputElement>("[name=csrfmiddlewaretoken]")?.value;
  if (token) headers["X-CSRFToken"] = token;
}

const formOf = (event: Event): HTMLFormElement | null => detailOf(event).elt.closest("form");

function beginBusy(event: Event): void {
  const form = formOf(event);
  if (!form?.matches("[hx-post], [data-hx-post]")) return;
  form.dataset["sent"] = "";
  const submitter = form.contains(document.activeElement) ? document.activeElement?.closest("button") : null;
  (submitter ?? $("[type=submit], button:not([type])", form))?.setAttribute("aria-busy", "true");
}

function endBusy(event: Event): void {
  const form = formOf(event);
  if (!form) return;
  release(form);
  if (detailOf(event).successful) rotateKey(form);
}

function tellOfError(event: Event): void {
  const { xhr } = detailOf(event);
  if (xhr?.getResponseHeader("HX-Trigger")) return; // the server told it in its own words
  const text = words("sayBroken", "That did not work. Nothing was changed.");
  say(text);
  toast(text, { error: true });
}
