// Bundle the product's style, script and fonts, and draw one sprite with the icons that the pages use.
// Sources belong to src/otklik/ui; the result, with a manifest of hashed names, is src/otklik/ui/static/built.

import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const here = dirname(fileURLToPath(import.meta.url));
const source = resolve(here, "../src/otklik");
const built = join(source, "ui/static/built");
const modules = join(here, "node_modules");
const entries = ["ui/js/main.js", "ui/css/main.css"].filter((name) => existsSync(join(source, name)));
const parts = Object.keys(JSON.parse(readFileSync(join(here, "package.json"), "utf8")).dependencies);

await build({
  root: source,
  base: "/static/built/",
  configFile: false,
  envDir: false,
  publicDir: false,
  logLevel: "warn",
  cacheDir: join(modules, ".vite"),
  // The sources stand outside this folder: names of npm parts are looked up here.
  resolve: { alias: parts.map((name) => ({ find: new RegExp(`^${name}(?=/|$)`), replacement: join(modules, name) })) },
  build: {
    outDir: built,
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2022",
    cssTarget: ["chrome115", "firefox115", "safari16.4"],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      // htmx keeps an eval that our pages switch off twice: by allowEval=false and by the security policy.
      onwarn: (warning, warn) => warning.code === "EVAL" || warn(warning),
      input: entries.map((name) => join(source, name)),
      output: { entryFileNames: "[name].[hash].js", chunkFileNames: "[name].[hash].js", assetFileNames: "[name].[hash][extname]" },
    },
  },
});

// -- icons ----------------------------------------------------------------------------------------------------------
const icons = join(modules, "lucide-static/icons");
const files = (folder) =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(html|py|js|svg)$/.test(entry.name) && !/\/(built|tests|migrations)(\/|$)/.test(entry.parentPath))
    .map((entry) => join(entry.parentPath, entry.name));

const demanded = new Set(); // icon("name"): must exist
const mentioned = new Set(); // any quoted word in a file that speaks of icons: taken along when it names one
for (const file of files(source)) {
  const text = readFileSync(file, "utf8");
  if (!/icon|add_page/.test(text)) continue;
  for (const [, name] of text.matchAll(/\bicon\(\s*["']([a-z0-9-]+)["']/g)) demanded.add(name);
  for (const [, name] of text.matchAll(/["']([a-z][a-z0-9-]+|x)["']/g)) mentioned.add(name);
}
const unknown = [...demanded].filter((name) => !existsSync(join(icons, `${name}.svg`)));
if (unknown.length) {
  console.error(`No such icon in lucide: ${unknown.join(", ")}`);
  process.exit(1);
}
const used = [...new Set([...demanded, ...mentioned])].filter((name) => existsSync(join(icons, `${name}.svg`))).sort();
const symbols = used.map((name) => {
  const drawing = readFileSync(join(icons, `${name}.svg`), "utf8");
  const inside = drawing.slice(drawing.indexOf(">", drawing.indexOf("<svg")) + 1, drawing.lastIndexOf("</svg>"));
  return `<symbol id="i-${name}" viewBox="0 0 24 24">${inside.replace(/\s*\n\s*/g, "")}</symbol>`;
});
writeFileSync(join(built, "icons.svg"), `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`);
