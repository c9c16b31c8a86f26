/* The sign-up page: the name suggests the address, the address is checked while it is typed, the colour is tried on. */

import { $, $$ } from "./lib/dom";

const PAUSE_MS = 350;

const form = $<HTMLFormElement>("#sign-up");
const business = $<HTMLInputElement>("#id_name");
const address = $<HTMLInputElement>("#id_subdomain");
let isOurSuggestion = !address?.value;
let timer = 0;
let asked: AbortController | undefined;

interface Availability {
  subdomain: string;
  free: boolean;
  sentence: string;
}

function askSoon(query: Record<string, string>): void {
  clearTimeout(timer);
  timer = window.setTimeout(() => void ask(query), PAUSE_MS);
}

async function ask(query: Record<string, string>): Promise<void> {
  asked?.abort();
  asked = new AbortController();
  try {
    const answer = await fetch(`${form?.dataset["availability"] ?? ""}?${new URLSearchParams(query)}`, {
      headers: { Accept: "application/json" },
      signal: asked.signal,
    });
    if (answer.ok) show((await answer.json()) as Availability, "name" in query);
  } catch {
    // No connection, or a newer question: the form itself asks again when it is sent.
  }
}

function show(found: Availability, isSuggestion: boolean): void {
  if (!address) return;
  if (isSuggestion && isOurSuggestion) address.value = found.subdomain;
  const state = $("#subdomain-state");
  if (state) {
    state.textContent = found.sentence;
    state.className = found.free ? "hint text-good-ink!" : "error";
  }
  address.setAttribute("aria-invalid", String(!found.free && address.value !== ""));
  paint();
}

/** Show the name, address and colour in the preview. */
function paint(): void {
  const name = business?.value.trim();
  for (const place of $$("[data-preview-name]")) place.textContent = name || (place.dataset["previewName"] ?? "");
  for (const place of $$("[data-preview-mark]")) place.textContent = (name || "A").charAt(0).toUpperCase();
  for (const place of $$("[data-preview-address]"))
    place.textContent = address?.value || (place.dataset["previewAddress"] ?? "");
  const hue = $<HTMLInputElement>("input[name=brand_hue]:checked")?.value;
  const preview = $("#preview");
  if (hue && preview) preview.className = preview.className.replace(/hue-\d+/, `hue-${hue}`);
}

/** The browser knows its time zone; what else is guessed, the server guesses from what the browser said. */
function guessTimeZone(): void {
  const select = $<HTMLSelectElement>("#id_time_zone[data-guess]");
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (select && [...select.options].some((option) => option.value === zone)) select.value = zone;
}

business?.addEventListener("input", () => {
  paint();
  if (isOurSuggestion && business.value.trim()) askSoon({ name: business.value });
});
address?.addEventListener("input", () => {
  isOurSuggestion = address.value === "";
  address.value = address.value.toLowerCase().replace(/[^a-z0-9-]/g, "-");
  paint();
  if (address.value) askSoon({ subdomain: address.value });
});
for (const swatch of $$("input[name=brand_hue]")) swatch.addEventListener("change", paint);

if (form?.dataset["bound"] === undefined) guessTimeZone();
paint();
