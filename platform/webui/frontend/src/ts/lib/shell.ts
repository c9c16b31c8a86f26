import { listenForDialogs } from "./dialogs";
import { focusErrors, guardForms, listenForFilters } from "./forms";
import { placeMenus } from "./menus";
import { startHtmx } from "./requests";
import { listenForTheme } from "./theme";
import { showMessagesOfThePage } from "./toasts";

/** What every page does. Without it every page still reads and submits. */
export function startShell(): void {
  startHtmx();
  listenForDialogs();
  placeMenus();
  listenForTheme();
  guardForms();
  listenForFilters();
  focusErrors();
  showMessagesOfThePage();
}
