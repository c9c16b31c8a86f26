import { $, $$, el, icon, words } from "./dom";

const STAYS_MS = 6000;
const AT_LEAST_MS = 1500;
const AT_MOST = 3;

export interface ToastOptions {
  error?: boolean;
  undo?: () => void;
  action?: [label: string, run: () => void];
}

/** Show a short message. Errors stay until dismissed; the rest leave by themselves, never while hovered or focused. */
export function toast(text: string, options: ToastOptions = {}): () => void {
  const host = hostOnTop();
  const note = el("div", { className: options.error ? "toast is-error" : "toast" });
  note.append(icon(options.error ? "circle-alert" : "circle-check"), el("p", {}, text));
  note.setAttribute("role", options.error ? "alert" : "status");
  const close = () => {
    note.remove();
    if (!host.children.length) host.hidePopover();
  };
  const button = (label: string, run: () => void) => note.append(el("button", { type: "button", onclick: run }, label));
  const action = options.undo ? ([words("sayUndo", "Undo"), options.undo] as const) : options.action;
  if (action) button(action[0], () => (action[1](), close()));
  if (options.error) button(words("sayDismiss", "Dismiss"), close);
  else leaveByItself(note, close);
  host.append(note);
  while (host.children.length > AT_MOST) host.firstElementChild?.remove();
  return close;
}

/** `popover="manual"` lifts the messages above open dialogs; hiding and showing brings them to the very top. */
function hostOnTop(): HTMLElement {
  let host = $("#toasts");
  if (!host) {
    host = el("section", { id: "toasts", className: "toasts", popover: "manual" });
    host.setAttribute("aria-label", words("sayMessages", "Messages"));
    document.body.append(host);
  }
  if (host.matches(":popover-open")) host.hidePopover();
  host.showPopover();
  return host;
}

function leaveByItself(note: HTMLElement, close: () => void): void {
  let left = STAYS_MS;
  let since = Date.now();
  let timer = window.setTimeout(close, left);
  const hold = () => {
    clearTimeout(timer);
    left -= Date.now() - since;
  };
  const go = () => {
    since = Date.now();
    timer = window.setTimeout(close, Math.max(left, AT_LEAST_MS));
  };
  for (const event of ["pointerenter", "focusin"]) note.addEventListener(event, hold);
  for (const event of ["pointerleave", "focusout"]) note.addEventListener(event, go);
}

/** The server's messages, once as text in the page (which is what people without JavaScript see). */
export function showMessagesOfThePage(): void {
  for (const note of $$("[data-message]")) {
    toast(note.textContent?.trim() ?? "", { error: note.dataset["message"] === "error" });
    note.remove();
  }
  $("#messages")?.remove();
}

/** `HX-Trigger: {"toast": {"text": …, "error": true, "undo": "/address/to/post/to/"}}`. */
export function listenForToasts(post: (address: string) => void): void {
  document.body.addEventListener("toast", (event) => {
    const { text, error, undo } = (event as CustomEvent).detail as { text: string; error?: boolean; undo?: string };
    toast(text, { ...(error ? { error } : {}), ...(undo ? { undo: () => post(undo) } : {}) });
  });
}
