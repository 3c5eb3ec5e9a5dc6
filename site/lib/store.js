// Packs kept by the browser between visits, in the Cache API. Where the browser refuses, nothing breaks: the pack then
// lives in memory only, and the caller learns why.

const cacheName = "unnoise-packs";

/**
 * The pack kept for an address.
 *
 * @param {string} url absolute
 * @returns {Promise<Blob|null>} null where none is kept, or none can be
 */
export async function keptPack(url) {
  try {
    const cache = await caches.open(cacheName);
    const response = await cache.match(url);
    return response ? await response.blob() : null;
  } catch {
    return null;
  }
}

/**
 * Keeps a pack, in place of any other version (query) of the same address.
 *
 * @param {string} url absolute
 * @param {Blob} blob
 * @returns {Promise<string>} why it could not be kept; "" where it was
 */
export async function keepPack(url, blob) {
  try {
    if (!globalThis.caches) return "this address is neither https nor localhost";
    const cache = await caches.open(cacheName);
    for (const old of await cache.keys(url, { ignoreSearch: true })) {
      if (old.url !== url) await cache.delete(old);
    }
    const headers = { "Content-Type": "application/octet-stream", "Content-Length": String(blob.size) };
    await cache.put(url, new Response(blob, { headers }));
    return "";
  } catch (error) {
    return error.name === "QuotaExceededError" ? "its storage is full" : `${error.message || error.name}`;
  }
}

/**
 * Forgets a pack.
 *
 * @param {string} url absolute
 * @returns {Promise<void>}
 * @example
 * await forgetModel(new URL("../models/nouns.safetensors", location.href).href);
 * show((await storedModels()).length);
 */
export async function forgetPack(url) {
  try {
    await (await caches.open(cacheName)).delete(url);
  } catch {
    // What cannot be opened keeps nothing.
  }
}

// What was found out about the GPU has a cache and, since nobody is asked for it, an address of its own.
const tuningsName = "unnoise-tunings";
const tuningsAddress = () => new URL("/unnoise-tunings", globalThis.location.href).href;

/** What was kept of the tunings, as text; "" where there is nothing. @returns {Promise<string>} */
export async function keptTunings() {
  try {
    const response = await (await caches.open(tuningsName)).match(tuningsAddress());
    return response ? await response.text() : "";
  } catch {
    return "";
  }
}

/** Keeps tunings, as text. @param {string} text */
export async function keepTunings(text) {
  try {
    await (await caches.open(tuningsName)).put(tuningsAddress(), new Response(text));
  } catch {
    // They are looked for again at the next visit.
  }
}

/**
 * The packs that are kept.
 *
 * @returns {Promise<{url: string, bytes: number}[]>} none where the browser keeps nothing
 * @example
 * for (const { url, bytes } of await storedModels()) show(`${url}: ${bytes} bytes`);
 */
export async function keptPacks() {
  try {
    const cache = await caches.open(cacheName);
    const replies = (await cache.keys()).map(async ({ url }) => {
      const reply = await cache.match(url);
      return { url, bytes: Number(reply?.headers.get("Content-Length")) };
    });
    return await Promise.all(replies);
  } catch {
    return [];
  }
}
