/* Fails the build when a page would weigh more than its budget. Sizes are gzipped, level 9. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const DIST = join(import.meta.dirname, "../dist");
const manifest = JSON.parse(readFileSync(join(DIST, "manifest.json"), "utf8"));
const kB = 1000;

const BUDGETS = [
  ["styles, one file for all pages", 22 * kB, ["src/css/app.css"]],
  ["styles, what the calendar adds", 7 * kB, ["src/css/calendar.css"]],
  ["scripts of public pages", 20 * kB, withImports("src/ts/public.ts")],
  ["scripts of the sign-up", 20 * kB, [...withImports("src/ts/public.ts"), ...withImports("src/ts/signup.ts")]],
  ["scripts of the sign-in", 20 * kB, [...withImports("src/ts/public.ts"), ...withImports("src/ts/passkeys.ts")]],
  ["scripts of a framed page", 20 * kB, [...withImports("src/ts/public.ts"), ...withImports("src/ts/framed.ts")]],
  ["scripts of the portal", 20 * kB, withImports("src/ts/portal.ts")],
  ["scripts of signing", 20 * kB, [...withImports("src/ts/portal.ts"), ...withImports("src/ts/signing.ts")]],
  ["scripts of a form to fill in, saved while it is typed", 22 * kB, ["portal", "filling", "signing"].flatMap((name) => withImports(`src/ts/${name}.ts`))],
  ["scripts of a staff page", 28 * kB, withImports("src/ts/staff.ts")],
  ["scripts of the calendar", 32 * kB, [...withImports("src/ts/staff.ts"), ...withImports("src/ts/calendar.ts")]],
  ["scripts of the Today board", 28 * kB, [...withImports("src/ts/staff.ts"), ...withImports("src/ts/today.ts")]],
  ["scripts of the note editor", 28 * kB, [...withImports("src/ts/staff.ts"), ...withImports("src/ts/note.ts")]],
  ["icons", 6 * kB, ["src/icons.svg"]],
];
const FONT = [20.5 * kB, /figtree-latin-wght/];

function withImports(entry, seen = new Set()) {
  if (seen.has(entry)) return [];
  seen.add(entry);
  return [entry, ...(manifest[entry].imports ?? []).flatMap((chunk) => withImports(chunk, seen))];
}

const bytes = (file) => gzipSync(readFileSync(join(DIST, file)), { level: 9 }).length;
const rows = BUDGETS.map(([what, limit, entries]) => [
  what,
  [...new Set(entries)].reduce((sum, entry) => sum + bytes(manifest[entry].file), 0),
  limit,
]);
const font = Object.values(manifest).find((entry) => FONT[1].test(entry.file));
rows.push(["typeface", readFileSync(join(DIST, font.file)).length, FONT[0]]); // woff2 is compressed already

for (const [what, size, limit] of rows) {
  const mark = size > limit ? "OVER" : "  ok";
  console.log(`${mark} ${(size / kB).toFixed(1).padStart(5)} of ${(limit / kB).toFixed(1)} kB  ${what}`);
}
if (rows.some(([, size, limit]) => size > limit)) process.exit(1);
