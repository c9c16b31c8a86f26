/* Why a visit stays where it was, and what can be done instead: a free time, or a reason that sets the rule aside. */

import { $, $$, el } from "../lib/dom";
import { openDialog } from "../lib/dialogs";

type Fields = Record<string, string>;

export interface Refusal {
  told: string;
  offers: { label: string; fields: Fields }[];
  may_override: boolean;
}

/** Ask what to do instead of a move that was refused. `instead` gets the fields of an offer, or the reason given. */
export function askWhatInstead({ told, offers, may_override }: Refusal, instead: (fields: Fields) => void): boolean {
  const dialog = $<HTMLDialogElement>("dialog#refused");
  if (!dialog) return false;
  const form = $<HTMLFormElement>("form", dialog)!;
  form.reset();
  $("[data-why]", dialog)!.textContent = told;
  $("[data-instead]", dialog)!.hidden = offers.length === 0;
  for (const part of $$("[data-override]", dialog)) part.hidden = !may_override;
  $("[data-offers]", dialog)!.replaceChildren(
    ...offers.map(({ label, fields }) =>
      el("button", { type: "button", className: "btn btn-sm", onclick: () => (dialog.close(), instead(fields)) }, label),
    ),
  );
  form.onsubmit = () => instead({ override: new FormData(form).get("override") as string });
  openDialog(dialog.id);
  return true;
}
