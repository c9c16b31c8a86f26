import { $, $$, say } from "./dom";

const QUIET_MS = 1_200;
const MOST_MS = 4_000;
const AGAIN_MS = 3_000;

interface Saved {
  seen: string;
  text: string;
}

/** Save what is typed into a form: it is on the server at most MOST_MS after the key; this window keeps none of it. */
export function autosave(form: HTMLFormElement): void {
  const state = $("[data-state]", form)!;
  const trouble = $("[data-trouble]", form)!;
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
