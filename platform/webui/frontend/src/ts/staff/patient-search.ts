import { $ } from "../lib/dom";

const SEARCH = 'input[name="patient_search"]';
let waiting: HTMLInputElement | undefined;

/**
 * Enter in the search for a patient takes who was found, or registers who was not, and never sends the form around it.
 * Whoever types faster than the answer comes is heard when it is there.
 */
export function listenToPatientSearch(): void {
  document.addEventListener("keydown", (event) => {
    const input = event.target;
    if (event.key !== "Enter" || !(input instanceof HTMLInputElement) || !input.matches(SEARCH)) return;
    event.preventDefault();
    waiting = input.value.trim() && !answer(input) ? input : undefined;
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (waiting && answer(waiting)) waiting = undefined;
  });
  // Not when it settles: the dialog is open until the whole answer is in, and nothing behind it takes the focus.
  document.addEventListener("htmx:afterRequest", () => choose($<HTMLInputElement>("#patients [data-new]")));
}

function answer(input: HTMLInputElement): boolean {
  const answered = $<HTMLElement>("#patients [data-for]");
  if (answered?.dataset["for"] !== input.value.trim()) return false;
  const radio = $<HTMLInputElement>('input[name="patient"]', answered);
  if (radio) choose(radio);
  else $<HTMLElement>("[data-quick]", answered)?.click();
  return true;
}

/** Check it as if by hand, so that what depends on the choice hears of it. */
function choose(radio: HTMLInputElement | null | undefined): void {
  if (!radio) return;
  radio.removeAttribute("data-new");
  radio.checked = true;
  radio.focus();
  radio.dispatchEvent(new Event("change", { bubbles: true }));
}
