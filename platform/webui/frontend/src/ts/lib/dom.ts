/** Small words for the document. */

export const $ = <T extends Element = HTMLElement>(selector: string, within: ParentNode = document): T | null =>
  within.querySelector<T>(selector);

export const $$ = <T extends Element = HTMLElement>(selector: string, within: ParentNode = document): T[] => [
  ...within.querySelectorAll<T>(selector),
];

/** Make an element: `el("p", { className: "hint" }, "text", otherElement)`. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** Draw an icon of the sprite. Write the name as a literal: the build collects the names it finds. */
export function icon(name: string, classes = ""): SVGSVGElement {
  const namespace = "http://www.w3.org/2000/svg";
  const drawing = document.createElementNS(namespace, "svg");
  const use = document.createElementNS(namespace, "use");
  drawing.setAttribute("class", `i ${classes}`.trim());
  drawing.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `${document.documentElement.dataset["sprite"] ?? ""}#${name}`);
  drawing.append(use);
  return drawing;
}

/** A sentence of ours in the page's language, from `<html data-say-…>`, so that scripts carry no words of their own. */
export const words = (key: string, otherwise: string): string => document.documentElement.dataset[key] ?? otherwise;

/** Tell people who listen to the page, politely. */
export function say(text: string): void {
  const live = $("#live");
  if (!live) return;
  live.textContent = "";
  requestAnimationFrame(() => (live.textContent = text));
}
