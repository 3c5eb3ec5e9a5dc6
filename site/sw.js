// The service worker: keeps the site's files from the first visit on, so that the page opens without a network. Models
// are kept by the library (lib/store.js). SITE_FILES, SITE_LATER (what is kept once it was needed, as the library's reference is) and SITE_VERSION are put in
// when the site is built: any changed file makes another version, which takes over when no page of the old one is open any more.
//
// From the second visit on pages are also isolated, whatever headers the host sends: then several workers can share one picture
// (lib/team.js). Nothing of the site comes from elsewhere without CORS, and nothing needs the page that opened it.

const prefix = "unnoise-site-";
const cacheName = prefix + SITE_VERSION;
const root = new URL("./", self.location.href).href;

// To TypeScript self is a worker of a page.
const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

worker.addEventListener("install", (event) => {
  event.waitUntil(keepFiles());
});

async function keepFiles() {
  const cache = await caches.open(cacheName);
  await Promise.all(SITE_FILES.map((name) => keepFile(cache, name)));
}

/** @param {Cache} cache @param {string} name of the file, from the site's root */
async function keepFile(cache, name) {
  // Some servers redirect index.html to its folder, and a redirected reply may not answer a navigation.
  const url = name === "index.html" ? root : root + name;
  // Past the HTTP cache, which may hold another version.
  const response = await fetch(url, { cache: "no-cache" });
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  await cache.put(root + name, response);
}

worker.addEventListener("activate", (event) => {
  event.waitUntil(forgetOldVersions().then(() => worker.clients.claim()));
});

async function forgetOldVersions() {
  for (const name of await caches.keys()) {
    if (name.startsWith(prefix) && name !== cacheName) await caches.delete(name);
  }
}

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(root) || request.headers.has("Range")) return;
  const name =
    request.mode === "navigate" ? navigationTarget(request.url) : request.url.slice(root.length).split(/[?#]/)[0];
  if (SITE_FILES.includes(name)) event.respondWith(isolated(request, answer(request, name)));
  else if (SITE_LATER.includes(name) || name.startsWith("docs/"))
    event.respondWith(isolated(request, answerLater(request, name)));
});

/** @param {string} url @returns {string} the file's name */
function navigationTarget(url) {
  const { pathname } = new URL(url);
  const name = pathname.slice(new URL(root).pathname.length);
  return name === "" || name.endsWith("/") ? `${name}index.html` : name;
}

// What an isolated page is made of: itself and its workers.
const isolatedKinds = ["document", "iframe", "worker"];

/** @param {Request} request @param {Promise<Response>} reply */
async function isolated(request, reply) {
  const response = await reply;
  if (!response.ok || !isolatedKinds.includes(request.destination)) return response;
  const headers = new Headers(response.headers);
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  headers.set("Cross-Origin-Embedder-Policy", "require-corp");
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}

/** @param {Request} request @param {string} name */
async function answer(request, name) {
  const cache = await caches.open(cacheName);
  return (await cache.match(root + name)) ?? fetch(request);
}

/** @param {Request} request @param {string} name */
async function answerLater(request, name) {
  const cache = await caches.open(cacheName);
  const kept = await cache.match(root + name);
  if (kept) return kept;
  const response = await fetch(request, { cache: "no-cache" });
  if (response.ok) await cache.put(root + name, response.clone()).catch(() => {});
  return response;
}
