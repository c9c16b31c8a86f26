import { startShell } from "./lib/shell";

startShell();
