import { autosave } from "./lib/autosave";
import { $, $$ } from "./lib/dom";

/** A form that is filled in: saved while it is typed, and only the questions that the answers so far lead to. */
const form = $<HTMLFormElement>("[data-fill]");
if (form) {
  autosave(form);
  form.addEventListener("change", () => showAsked(form));
  showAsked(form);
}

/** What depends on an answer of another page is sorted out by the server: here its question is not found. */
function showAsked(form: HTMLFormElement): void {
  const here = new Set($$<HTMLInputElement>("input", form).map((each) => each.name));
  for (const each of $$("[data-if]", form)) {
    const name = each.dataset["if"]!;
    if (!here.has(name)) continue;
    const asked = $<HTMLInputElement>(`input[name="${name}"]`, form)?.closest<HTMLElement>("[data-if]");
    const chosen = $$<HTMLInputElement>("input:checked", form).some(
      (input) => input.name === name && input.value === each.dataset["is"],
    );
    each.hidden = !chosen || (asked?.hidden ?? false);
  }
}
