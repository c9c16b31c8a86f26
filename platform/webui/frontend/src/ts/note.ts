import { autosave } from "./lib/autosave";
import { startBodyChart } from "./lib/body-chart";
import { $, $$ } from "./lib/dom";

/** The editor of a note. */
const editor = $<HTMLFormElement>("[data-note-editor]");
if (editor) {
  autosave(editor);
  startBodyChart(editor);
  startPhrases(editor);
}

const SHORT = /;([\p{L}\p{N}]+)(\s)$/u;

/** A semicolon, a short word and a space become the phrase that the word stands for; a menu puts one where one writes. */
function startPhrases(form: HTMLFormElement): void {
  const menu = $("#phrases", form);
  if (!menu) return;
  const texts = new Map<string, string>();
  for (const each of $$("[data-phrase]", menu).reverse()) texts.set(each.dataset["phrase"]!.toLowerCase(), each.dataset["text"]!);
  let last = $<HTMLTextAreaElement>("[data-section]", form);

  form.addEventListener("focusin", ({ target }) => {
    if (target instanceof HTMLTextAreaElement) last = target;
  });
  form.addEventListener("input", ({ target }) => {
    if (!(target instanceof HTMLTextAreaElement)) return;
    const place = target.selectionStart;
    const short = SHORT.exec(target.value.slice(0, place));
    const text = short && texts.get(short[1]!.toLowerCase());
    if (text) target.setRangeText(text + short[2]!, place - short[0].length, place, "end");
  });
  menu.addEventListener("click", (event) => {
    const phrase = (event.target as Element).closest<HTMLElement>("[data-phrase]");
    if (!phrase || !last) return;
    menu.hidePopover();
    last.focus();
    last.setRangeText(phrase.dataset["text"]!, last.selectionStart, last.selectionEnd, "end");
    last.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
