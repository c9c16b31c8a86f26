// node unpack.mjs FOLDER: unpack the Chromium that @sparticuz/chromium carries, with its libraries and fonts.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import zlib from "node:zlib";

const folder = path.resolve(process.argv[2]);
const packed = path.resolve("node_modules/@sparticuz/chromium/bin");
const unpack = (name) => zlib.brotliDecompressSync(fs.readFileSync(path.join(packed, name)));

fs.mkdirSync(folder, { recursive: true });
for (const archive of ["al2023.tar.br", "fonts.tar.br", "swiftshader.tar.br"])
  execFileSync("tar", ["xf", "-", "-C", folder], { input: unpack(archive) });
// Without a font every text box is 0 px wide, and Playwright waits for it to become visible.
fs.writeFileSync(
  path.join(folder, "fonts.conf"),
  `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>` +
    `<include ignore_missing="yes">/etc/fonts/fonts.conf</include>` +
    `<dir>${folder}/fonts</dir><cachedir>${folder}/fc-cache</cachedir></fontconfig>\n`,
);
// Last, so that a broken-off unpacking is not taken for a finished one.
fs.writeFileSync(path.join(folder, "chromium"), unpack("chromium.br"), { mode: 0o755 });
