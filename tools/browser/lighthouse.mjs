#!/usr/bin/env node

// Lighthouse on the built site, as a desktop and as a phone; fails where performance, accessibility or best practices are below 95.
//
//   npm run lighthouse [-- VIEW...]       VIEW: the part of an address after "#"; the first view unless told

import { readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import lighthouse, { desktopConfig } from "lighthouse";
import puppeteer from "puppeteer-core";
import { buildSite } from "./buildsite.mjs";
import { findCommand } from "./process.mjs";

const least = 0.95;
const categories = ["performance", "accessibility", "best-practices"];
const types = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".wasm": "application/wasm",
  ".svg": "image/svg+xml",
  ".png": "image/png",
};

/** A server as static hosts are: compressed, and cached for a while. */
function serve(folder) {
  const kept = new Map();
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const path = join(folder, normalize(decodeURIComponent(pathname === "/" ? "/index.html" : pathname)));
    try {
      if (!statSync(path).isFile()) throw new Error("no file");
    } catch {
      return response.writeHead(404).end();
    }
    const type = types[extname(path)];
    if (!kept.has(path)) {
      const data = readFileSync(path);
      const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 6 } };
      kept.set(path, type && type !== "image/png" ? brotliCompressSync(data, quality) : data);
    }
    const headers = { "Content-Type": type ?? "application/octet-stream", "Cache-Control": "public, max-age=3600" };
    if (type && type !== "image/png") headers["Content-Encoding"] = "br";
    response.writeHead(200, headers).end(kept.get(path));
  });
  return new Promise((resolve) => server.listen(0, "localhost", () => resolve(server)));
}

async function measure(url, form) {
  const browser = await puppeteer.launch({
    executablePath: findCommand("Chromium", "chromium", "chromium-browser", "google-chrome"),
    args: ["--no-sandbox"],
  });
  try {
    const page = await browser.newPage();
    const { lhr } = await lighthouse(
      url,
      { onlyCategories: categories, output: "json" },
      form === "desktop" ? desktopConfig : undefined,
      page,
    );
    return lhr;
  } finally {
    await browser.close();
  }
}

const views = process.argv.slice(2).length ? process.argv.slice(2) : ["sample"];
const server = await serve(await buildSite());
let low = 0;
for (const view of views) {
  for (const form of ["desktop", "mobile"]) {
    const { categories: found, audits } = await measure(`http://localhost:${server.address().port}/#${view}`, form);
    const scores = categories.map((name) => `${name} ${Math.round(100 * found[name].score)}`);
    console.log(`${view}, ${form}: ${scores.join(", ")}`);
    for (const name of [
      "first-contentful-paint",
      "largest-contentful-paint",
      "total-blocking-time",
      "cumulative-layout-shift",
      "speed-index",
    ]) {
      console.log(`  ${name} ${audits[name].displayValue}`);
    }
    for (const name of categories) {
      if (found[name].score >= least) continue;
      low++;
      for (const { id, weight } of found[name].auditRefs) {
        if (weight && audits[id].score !== null && audits[id].score < 1)
          console.log(`  ${name}: ${id} ${audits[id].displayValue ?? audits[id].title}`);
      }
    }
  }
}
server.close();
if (low) process.exitCode = 1;
