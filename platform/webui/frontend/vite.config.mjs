import tailwindcss from "@tailwindcss/vite";
import { readdirSync } from "node:fs";
import { defineConfig } from "vite";

import { htmxWithoutEval } from "./scripts/htmx-without-eval.mjs";
import { iconSprite } from "./scripts/icon-sprite.mjs";

// Every file directly below src/ts is an entry; what they share lies in src/ts/lib.
const entries = readdirSync("src/ts").filter((name) => name.endsWith(".ts"));

export default defineConfig({
  base: "./", // assets find each other whatever STATIC_URL is
  plugins: [tailwindcss(), htmxWithoutEval(), iconSprite()],
  build: {
    target: "es2022",
    manifest: "manifest.json",
    assetsInlineLimit: 0, // a data: URL would need a wider Content-Security-Policy
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      // What every page needs is one file: two would be compressed worse.
      output: { codeSplitting: { groups: [{ name: "shell", test: /htmx|lib.(?!shortcuts|palette|autosave|body-chart)/ }] } },
      input: ["src/css/app.css", "src/css/calendar.css", ...entries.map((name) => `src/ts/${name}`)],
    },
  },
});
