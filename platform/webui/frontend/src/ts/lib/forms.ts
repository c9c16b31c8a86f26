import { $, $$ } from "./dom";

/** One key per intent: kept across retries, replaced after success or when what is asked for changes. */
export const newKey = (): string =>
  // Not in a page without https, but for localhost; then from the same random source.
  crypto.randomUUID?.() ??
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

export function rotateKey(form: HTMLFormElement): void {
  const key = form.elements.namedItem("idempotency_key");
  if (key instanceof HTMLInputElement) key.value = newKey();
}

export const isBusy = (button: Element | null): boolean => button?.getAttribute("aria-busy") === "true";

/** Sends a form once per click, however often one clicks, and shows that it is on its way. */
export function guardForms(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    const button = event.submitter;
    if (form.method !== "post" || form.target || event.defaultPrevented) return;
    if (form.dataset["sent"] !== undefined) return event.preventDefault();
    if (form.hasAttribute("hx-post") || form.hasAttribute("data-hx-post")) return; // htmx tells when it is done
    form.dataset["sent"] = "";
    button?.setAttribute("aria-busy", "true");
  });
  document.addEventListener("change", (event) => {
    const form = (event.target as HTMLInputElement).form;
    if (form && form.dataset["sent"] === undefined) rotateKey(form);
  });
  // Back from the next page, out of the browser's memory: the form may be sent again.
  addEventListener("pageshow", (event) => event.persisted && $$<HTMLFormElement>("form[data-sent]").forEach(release));
}

export function release(form: HTMLFormElement): void {
  delete form.dataset["sent"];
  for (const button of $$("[aria-busy=true]", form)) button.removeAttribute("aria-busy");
}

/** Put people in front of what went wrong: the summary that links to each field. */
export function focusErrors(within: ParentNode = document): void {
  $("[data-error-summary]", within)?.focus();
}

/** `data-submit-on-change` sends a form of filters as soon as one is chosen. */
export function listenForFilters(): void {
  document.addEventListener("change", (event) => {
    const form = (event.target as HTMLInputElement).form;
    if (form?.hasAttribute("data-submit-on-change")) form.requestSubmit();
  });
}
