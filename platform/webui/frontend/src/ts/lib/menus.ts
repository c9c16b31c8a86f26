import { $ } from "./dom";

const GAP = 4;
const EDGE = 8;

/** Popover menus appear next to their button. Set through the style object, which the Content-Security-Policy allows. */
export function placeMenus(): void {
  document.addEventListener(
    "toggle",
    (event) => {
      const menu = event.target as HTMLElement;
      if (!menu.matches(".menu") || (event as ToggleEvent).newState !== "open") return;
      const button = $(`[popovertarget="${menu.id}"]`);
      if (button) placeBeside(menu, button.getBoundingClientRect());
    },
    true,
  );
}

function placeBeside(menu: HTMLElement, button: DOMRect): void {
  const { offsetWidth: width, offsetHeight: height } = menu;
  const fitsBelow = button.bottom + height + EDGE <= innerHeight;
  menu.style.left = `${Math.min(Math.max(EDGE, button.left), innerWidth - width - EDGE)}px`;
  menu.style.top = `${fitsBelow ? button.bottom + GAP : Math.max(EDGE, button.top - height - GAP)}px`;
}
