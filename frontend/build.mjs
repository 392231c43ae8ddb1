// Builds the workspace's one stylesheet and one script: node build.mjs [output directory].
// The results are committed, so the same sources must give the same bytes on every machine:
// no maps, no dates, no paths in the output.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import * as esbuild from "esbuild";
import * as sass from "sass";

const here = dirname(fileURLToPath(import.meta.url));
const output = resolve(
  process.argv[2] ?? join(here, "../kpi_cms/interfaces/workspace/static/workspace"),
);

// Brotli bytes. A first load (page, style, script) has 40 kB; a page takes up to 10.
const LIMITS = { "site.css": 14_000, "site.js": 16_000 };

function style() {
  const compiled = sass.compile(join(here, "site.scss"), {
    loadPaths: [here, join(here, "node_modules")],
    style: "compressed",
    charset: false,
    sourceMap: false,
    quietDeps: true,
  });
  // Sass shortens; esbuild also merges and drops what the base repeats.
  return esbuild.transformSync(compiled.css, {
    loader: "css",
    minify: true,
    charset: "ascii",
    legalComments: "none",
    target: ["chrome109", "firefox115", "safari15.6"],
  }).code;
}

function script() {
  const built = esbuild.buildSync({
    absWorkingDir: here,
    entryPoints: ["site.js"],
    bundle: true,
    write: false,
    format: "iife",
    minify: true,
    charset: "ascii",
    legalComments: "none",
    target: ["chrome109", "firefox115", "safari15.6"],
  });
  return built.outputFiles[0].text;
}

function refuse(name, text, patterns) {
  for (const [pattern, reason] of patterns) {
    const found = text.match(pattern);
    if (found) {
      throw new Error(`${name}: ${reason} (${found[0]})`);
    }
  }
  const weight = brotliCompressSync(text).length;
  if (weight > LIMITS[name]) {
    throw new Error(`${name}: ${weight} bytes brotli, the limit is ${LIMITS[name]}`);
  }
  if (text.length < 2_000) {
    throw new Error(`${name}: only ${text.length} bytes came out, the compiler did not understand its source`);
  }
  console.log(`${name}: ${text.length} bytes, ${weight} brotli (limit ${LIMITS[name]})`);
}

const css = style();
const js = script();
refuse("site.css", css, [
  [/url\(/i, "a stylesheet of ours loads nothing"],
  [/data:[a-z]/i, "the content security policy refuses data: addresses"],
  [/@import|@font-face/i, "nothing is fetched from a stylesheet"],
  [/sourceMappingURL/, "maps break the hashed static storage"],
]);
refuse("site.js", js, [
  [/\beval\(|new Function\b/, "the content security policy refuses evaluation"],
  [/\.(inner|outer)HTML\s*=|insertAdjacentHTML|document\.write/, "Trusted Types refuse markup from a string"],
  [/sourceMappingURL/, "maps break the hashed static storage"],
]);

mkdirSync(output, { recursive: true });
for (const [name, text] of [["site.css", css], ["site.js", js]]) {
  const path = join(output, name);
  const before = (() => {
    try {
      return readFileSync(path, "utf8");
    } catch {
      return null;
    }
  })();
  if (before !== text) {
    writeFileSync(path, text);
  }
}
