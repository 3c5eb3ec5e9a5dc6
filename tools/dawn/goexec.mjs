#!/usr/bin/env node
// Runs a Go program compiled for js/wasm in Node with WebGPU through Dawn, on whatever GPU there is:
//
//   GOOS=js GOARCH=wasm go test -exec "node $PWD/tools/dawn/goexec.mjs" ./wasm/engine/webgpu
//
// As tools/browser/goexec.mjs does in a browser; files are this machine's.

import "./globals.mjs";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import "../../site/lib/gpu-replay.js";
import { addTeam } from "../../site/lib/team.js";
import { addTiles } from "../../site/lib/tiles.js";
import { programArguments, wasmExec } from "../browser/buildsite.mjs";

// WASM_EXEC stands for Go where there is only a compiled program.
const loader = process.env.WASM_EXEC ?? wasmExec();
const [program, ...args] = process.argv.slice(2);
Object.assign(globalThis, { fs: { ...fs }, path });
createRequire(import.meta.url)(loader);
const go = new globalThis.Go();
go.argv = [program, ...programArguments(args)];
go.env = { TMPDIR: "/tmp", ...process.env };
go.exit = process.exit;
const fill = addTiles(go);
addTeam(go);
const { instance } = await WebAssembly.instantiate(fs.readFileSync(program), go.importObject);
fill(instance);
await go.run(instance);
process.exit(0);
