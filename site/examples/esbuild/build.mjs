import { cpSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

await build({ entryPoints: ["src/app.js"], outdir: "dist", bundle: true, minify: true, format: "esm" });
// esbuild leaves new URL("./worker.js", import.meta.url) as it is: the worker and what it loads go beside the bundle.
for (const name of ["worker", "unnoise.wasm", "wasm_exec.js"]) {
  const file = fileURLToPath(import.meta.resolve(`unnoise/${name}`));
  cpSync(file, `dist/${file.split("/").at(-1)}`);
}
cpSync("index.html", "dist/index.html");
