/* The icon sprite: the Lucide icons that are used, and no others. */

import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { extname, join, relative } from "node:path";

const ROOT = join(import.meta.dirname, "../../../..");
const ICONS = join(import.meta.dirname, "../node_modules/lucide-static/icons");
const FOLDERS = ["platform", "tenants", "modules", join("platform", "webui", "frontend", "src", "ts")];
const SKIPPED = new Set(["node_modules", "dist", "frontend", "migrations", "tests", "__pycache__"]);

// How a file asks for an icon. `icons: a b c` in a comment names those that are put together at run time.
const NAME = "[a-z0-9]+(?:-[a-z0-9]+)*";
const ASKS = {
  ".html": [
    new RegExp(`\\{%\\s*icon\\s+"(${NAME})"`, "g"),
    new RegExp(`\\{%\\s*badge\\s[^%]*"(${NAME})"\\s*%\\}`, "g"),
    new RegExp(`\\bicon="(${NAME})"`, "g"),
  ],
  ".py": [new RegExp(`\\bicon(?:_name)?\\s*=\\s*"(${NAME})"`, "g"), new RegExp(`\\bicon\\(\\s*"(${NAME})"`, "g")],
  ".ts": [new RegExp(`\\bicon\\(\\s*"(${NAME})"`, "g")],
};
const LISTED = new RegExp(`\\bicons: ((?:${NAME}[ ,]*)+)`, "g");
const MAYBE = 1; // in the patterns of .html, the badge's last word may be a tone instead of an icon

/** Write `src/icons.svg` into the manifest, hashed like every other asset. */
export function iconSprite() {
  return {
    name: "icon-sprite",
    apply: "build",
    generateBundle() {
      this.emitFile({
        type: "asset",
        name: "icons.svg",
        originalFileName: "src/icons.svg",
        source: spriteOf(usedIcons()),
      });
      this.emitFile({
        type: "asset",
        name: "favicon.svg",
        originalFileName: "src/favicon.svg",
        source: readFileSync(join(import.meta.dirname, "../src/favicon.svg"), "utf8"),
      });
    },
  };
}

/** Return the names of the icons that any source file asks for. Throws for one that Lucide does not have. */
export function usedIcons() {
  const used = new Map();
  for (const folder of FOLDERS) for (const file of filesBelow(join(ROOT, folder))) collect(file, used);
  const unknown = [...used].filter(([name]) => !existsSync(join(ICONS, `${name}.svg`)));
  if (unknown.length)
    throw new Error(`No such icon: ${unknown.map(([name, file]) => `${name} (${relative(ROOT, file)})`).join(", ")}`);
  return [...used.keys()].sort();
}

function collect(file, used) {
  const text = readFileSync(file, "utf8");
  (ASKS[extname(file)] ?? []).forEach((pattern, place) => {
    for (const [, name] of text.matchAll(pattern)) {
      const isTone = extname(file) === ".html" && place === MAYBE && /^(good|warn|bad|info)$/.test(name);
      if (!isTone) used.set(name, file);
    }
  });
  for (const [, names] of text.matchAll(LISTED))
    for (const name of names.split(/[ ,]+/).filter(Boolean)) used.set(name, file);
}

function* filesBelow(folder) {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (SKIPPED.has(name)) continue;
    if (statSync(path).isDirectory()) yield* filesBelow(path);
    else if (extname(name) in ASKS) yield path;
  }
}

function spriteOf(names) {
  const symbols = names.map((name) => {
    const drawing = readFileSync(join(ICONS, `${name}.svg`), "utf8")
      .replace(/<!--[^]*?-->/g, "")
      .replace(/<svg[^>]*>|<\/svg>/g, "")
      .replace(/\s*\n\s*/g, "");
    return `<symbol id="${name}" viewBox="0 0 24 24">${drawing}</symbol>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`;
}
