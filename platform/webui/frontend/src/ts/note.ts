import { $, $$, say } from "./lib/dom";

/** The editor of a note. What is typed is on the server at most MOST_MS after the key; this window keeps none of it. */
const QUIET_MS = 1_200;
const MOST_MS = 4_000;
const AGAIN_MS = 3_000;

interface Saved {
  seen: string;
  text: string;
}

const editor = $<HTMLFormElement>("[data-note-editor]");
if (editor) start(editor);

function start(form: HTMLFormElement): void {
  const state = $("[data-state]", form)!;
  const trouble = $("#note-trouble", form)!;
  const field = (name: string): HTMLInputElement => $<HTMLInputElement>(`input[type=hidden][name=${name}]`, form)!;
  const told = (key: string): string => form.dataset[key] ?? "";
  let typed = 0; // how often something was typed, and as of which of them it is saved
  let saved = 0;
  let timer = 0;
  let since = 0;
  let isSaving = false;
  let isRefused = false; // it would be again: the next key asks anew
  let isLeaving = false;
  field("tab").value = [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(36)).join("");

  const isStopped = (): boolean => $("[data-changed]", trouble) !== null;
  const show = (text: string, { aloud = false } = {}): void => {
    state.textContent = text;
    if (aloud) say(text);
  };

  form.addEventListener("input", () => {
    typed += 1;
    field("step").value = String(typed);
    since ||= Date.now();
    isRefused = false;
    show(told("sayUnsaved"));
    plan(Math.min(QUIET_MS, Math.max(0, since + MOST_MS - Date.now())));
  });
  for (const event of ["visibilitychange", "pagehide"])
    (event === "pagehide" ? window : document).addEventListener(event, () => {
      if (document.hidden || event === "pagehide") void save({ keepalive: true });
    });
  window.addEventListener("online", () => void save());
  window.addEventListener("beforeunload", (event) => {
    if (typed > saved && !isLeaving) event.preventDefault();
  });
  form.addEventListener("submit", () => {
    isLeaving = true;
    clearTimeout(timer);
  });
  trouble.addEventListener("click", (event) => {
    const target = event.target as Element;
    if (target.closest("[data-take-theirs]")) isLeaving = true;
    if (!target.closest("[data-keep-mine]")) return;
    event.preventDefault();
    field("replaces").value = "1";
    trouble.replaceChildren();
    void save();
  });

  startPhrases(form);

  function plan(after: number): void {
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      timer = 0;
      void save();
    }, after);
  }

  async function save({ keepalive = false } = {}): Promise<void> {
    if (isLeaving || isStopped() || (typed === saved && !field("replaces").value)) return;
    if (isSaving && !keepalive) return; // asks again when the one under way is back
    isSaving = true;
    const now = typed;
    try {
      const answer = await fetch(form.dataset["draft"]!, {
        method: "POST",
        body: new FormData(form),
        headers: { Accept: "application/json" },
        redirect: "manual",
        keepalive,
      });
      if (answer.ok) accept((await answer.json()) as Saved, now);
      else await refuse(answer);
    } catch {
      retry("sayOffline");
    } finally {
      isSaving = false;
      if (typed > saved && !timer && !isRefused) plan(QUIET_MS);
    }
  }

  function accept(answer: Saved, upTo: number): void {
    field("seen").value = answer.seen;
    field("replaces").value = "";
    saved = Math.max(saved, upTo);
    since = typed > saved ? Date.now() : 0;
    show(typed > saved ? told("sayUnsaved") : answer.text);
  }

  async function refuse(answer: Response): Promise<void> {
    if (answer.type === "opaqueredirect") return retry("saySignedOut");
    const isPage = answer.headers.get("Content-Type")?.startsWith("text/html") ?? false;
    if (answer.status === 409 && isPage) return showTheirs(await answer.text());
    if (answer.status >= 500 || !answer.headers.get("Content-Type")?.includes("json")) return retry("sayOffline");
    const { detail } = (await answer.json()) as { detail: string };
    isRefused = true;
    show(detail, { aloud: true });
  }

  function showTheirs(page: string): void {
    const answer = new DOMParser().parseFromString(page, "text/html");
    trouble.replaceChildren(...answer.body.children);
    const theirs = $("[data-changed]", trouble);
    if (theirs) field("seen").value = theirs.dataset["seen"] ?? "";
    show(told("sayUnsaved"));
    say($("p", trouble)?.textContent ?? "");
    $$("button, a", trouble)[0]?.focus();
  }

  function retry(why: string): void {
    if (state.textContent !== told(why)) show(told(why), { aloud: true });
    plan(AGAIN_MS);
  }
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
