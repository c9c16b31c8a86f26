import { startShell } from "./lib/shell";
import { startShortcuts } from "./lib/shortcuts";

startShell();
startShortcuts();
