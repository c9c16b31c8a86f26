import { remember } from "./cookies";

/** Light, dark, or the other one. A cookie remembers, so that the server draws the next page right at once. */
export function listenForTheme(): void {
  document.addEventListener("click", (event) => {
    const wanted = (event.target as Element).closest<HTMLElement>("[data-theme-set]")?.dataset["themeSet"];
    if (wanted) setTheme(wanted === "toggle" ? otherTheme() : wanted);
  });
}

function setTheme(theme: string): void {
  document.documentElement.dataset["theme"] = theme;
  remember("theme", theme);
}

function otherTheme(): string {
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  return (document.documentElement.dataset["theme"] ?? system) === "dark" ? "light" : "dark";
}
