import { $, $$ } from "./dom";

/** Open a native dialog. It hears of it by the event `opened`. */
export function openDialog(id: string): void {
  const dialog = document.getElementById(id);
  if (!(dialog instanceof HTMLDialogElement) || dialog.open) return;
  dialog.showModal();
  dialog.dispatchEvent(new CustomEvent("opened", { bubbles: true }));
}

/**
 * `data-open="id"` opens, `data-close` closes; a click beside a dialog closes it, unless it says `closedby="none"`.
 * A dialog with `data-open-on="new"` is open when the address has `?new`, so that it can be linked to.
 */
export function listenForDialogs(): void {
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    const opener = target.closest<HTMLElement>("[data-open]");
    if (opener?.dataset["open"]) {
      event.preventDefault();
      openDialog(opener.dataset["open"]);
    }
    if (target.closest("[data-close]")) target.closest("dialog")?.close();
    if (target instanceof HTMLDialogElement) closeIfBeside(target, event);
  });
  document.addEventListener("close", removeIfFetched, true);
  const query = new URLSearchParams(location.search);
  for (const dialog of $$<HTMLDialogElement>("dialog[data-open-on]"))
    if (query.has(dialog.dataset["openOn"] ?? "")) openDialog(dialog.id);
  openNewDialogs(document);
}

function closeIfBeside(dialog: HTMLDialogElement, { clientX, clientY }: MouseEvent): void {
  if (dialog.getAttribute("closedby") === "none" || isDirty(dialog)) return;
  const box = dialog.getBoundingClientRect();
  const inside = clientX >= box.left && clientX <= box.right && clientY >= box.top && clientY <= box.bottom;
  if (!inside) dialog.close();
}

/** What was typed is not lost to a click beside the dialog; Esc and Cancel still close it. */
function isDirty(dialog: HTMLDialogElement): boolean {
  const fields = $$<HTMLInputElement>("input:not([type=hidden]), textarea", dialog);
  return fields.some((field) =>
    field.type === "checkbox" || field.type === "radio"
      ? field.checked !== field.defaultChecked
      : field.value !== field.defaultValue,
  );
}

/** A dialog that came by htmx leaves no trace when it is closed. */
function removeIfFetched(event: Event): void {
  const dialog = event.target as HTMLElement;
  if (dialog.hasAttribute("data-remove-on-close")) dialog.remove();
}

/** Dialogs that htmx brings, and those with a refused form, open themselves: `<dialog data-open-now>`. */
export function openNewDialogs(within: ParentNode): void {
  const arrived = $("dialog[data-open-now]", within) ?? (within as Element);
  if (arrived instanceof HTMLDialogElement && arrived.hasAttribute("data-open-now")) openDialog(arrived.id);
}
