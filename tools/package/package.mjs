// Makes the npm package in build/package from the built site's library and its sources' comments:
//
//   node tools/package/package.mjs            the folder, and build/unnoise.tgz as npm packs it
//
// The library's files are those of the site, so that what the page's tests try is what is published.

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSite } from "../browser/buildsite.mjs";

const root = resolve(import.meta.dirname, "../..");
const out = join(root, "build/package");
const here = (name) => join(import.meta.dirname, name);

/** Builds the package. @returns {Promise<{folder: string, tarball: string}>} */
export async function buildPackage() {
  const site = await buildSite();
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  for (const name of ["unnoise.js", "worker.js", "wasm_exec.js", "unnoise.wasm"]) {
    cpSync(join(site, "lib", name), join(out, name));
  }
  cpSync(join(root, "site/lib/element.js"), join(out, "element.js"));
  cpSync(join(root, "LICENSE"), join(out, "LICENSE"));
  for (const name of ["README.md", "README.ko.md"]) cpSync(here(name), join(out, name));
  cpSync(here("manifest.json"), join(out, "package.json"));
  declare();
  return { folder: out, tarball: pack() };
}

/** TypeScript declarations from the comments of the sources. */
function declare() {
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  execFileSync(process.execPath, [compiler, "-p", here("tsconfig.json")], { stdio: ["ignore", 2, 2] });
  cpSync(here("element-tags.d.ts"), join(out, "types/element-tags.d.ts"));
  const file = join(out, "types/element.d.ts");
  writeFileSync(file, `import "./element-tags.js";\n${readFileSync(file, "utf8")}`);
}

function pack() {
  const printed = execFileSync("npm", ["pack", "--silent", "--pack-destination", join(root, "build")], { cwd: out });
  const tarball = join(root, "build/unnoise.tgz");
  renameSync(join(root, "build", printed.toString().trim().split("\n").at(-1)), tarball);
  return tarball;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { folder, tarball } = await buildPackage();
  process.stdout.write(`${folder}\n${tarball}\n`);
}
