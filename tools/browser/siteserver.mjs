// A static web server for tests of the page: it can misbehave (see options), and remembers what it was asked for.

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

const types = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".json": "application/json",
  ".md": "text/markdown",
  ".png": "image/png",
  ".safetensors": "application/octet-stream",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

/**
 * Serves a folder on a free port of localhost.
 *
 * @param {string} folder
 * @param {object} [options]
 * @param {string} [options.base] path below which the folder stands, "/" unless told
 * @param {(path: string, request: object, response: object) => boolean|Promise<boolean>} [options.intercept] gets every
 *   request first, with the path below base; true: it has answered
 * @returns {Promise<{url: string, port: number, requests: {method: string, path: string, range: string}[],
 *   reports: object[], close: () => Promise<void>}>} url ends in "/"; reports are violations of the page's content
 *   security policy
 */
export async function serveSite(folder, { base = "/", intercept = () => false, port = 0 } = {}) {
  const requests = [];
  const reports = [];
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    if (pathname === "/csp-report") return report(request, response, reports);
    if (!pathname.startsWith(base)) return response.writeHead(404).end();
    const path = decodeURIComponent(pathname.slice(base.length)) || "index.html";
    requests.push({ method: request.method, path, range: request.headers.range ?? "" });
    if (await intercept(path, request, response)) return;
    await sendFile(join(folder, normalize(`/${path}`)), request, response);
  });
  await new Promise((resolve) => server.listen(port, "localhost", resolve));
  const close = () =>
    new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  const taken = server.address().port;
  return { url: `http://localhost:${taken}${base}`, port: taken, requests, reports, close };
}

async function report(request, response, reports) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  reports.push(JSON.parse(Buffer.concat(chunks).toString()));
  response.writeHead(204).end();
}

// The page's own policy once more, so that the browser tells of every violation, whatever context it is in.
const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' blob:; report-uri /csp-report";

async function sendFile(path, request, response) {
  let size;
  try {
    const info = await stat(path);
    if (!info.isFile()) return response.writeHead(404).end();
    size = info.size;
  } catch {
    return response.writeHead(404).end();
  }
  response.setHeader("Content-Type", types[extname(path)] ?? "application/octet-stream");
  response.setHeader("Accept-Ranges", "bytes");
  response.setHeader("ETag", `"${size}"`);
  response.setHeader("Content-Security-Policy-Report-Only", policy);
  const [start, end, status] = rangeOf(request.headers.range, size);
  if (status === 416) return response.writeHead(416, { "Content-Range": `bytes */${size}` }).end();
  if (status === 206) response.setHeader("Content-Range", `bytes ${start}-${end}/${size}`);
  response.setHeader("Content-Length", end - start + 1);
  response.writeHead(status);
  if (request.method === "HEAD" || size === 0) return response.end();
  createReadStream(path, { start, end }).pipe(response);
}

/** First byte, last byte and status for a Range header. */
function rangeOf(header, size) {
  const match = /^bytes=(\d+)-(\d*)$/.exec(header ?? "");
  if (!match) return [0, size - 1, 200];
  const start = Number(match[1]);
  const end = match[2] ? Math.min(Number(match[2]), size - 1) : size - 1;
  return start < size && start <= end ? [start, end, 206] : [0, 0, 416];
}
