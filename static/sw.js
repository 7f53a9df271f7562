/**
 * The service worker: the shell and the last channels that were read are there without a connection.
 *
 * The network goes first, always; what was kept is used only when the hub cannot be reached, and says so in a header.
 * Accounts, tokens and everything else under /api are never kept. Logging out throws the kept answers away.
 */
const SHELL = "hub-shell-1";
const ANSWERS = "hub-answers-1";
const KEPT_ANSWERS = /^\/api\/(channels(\/[a-z0-9-]+(\/history)?)?|handbook)$/;
const TIMEOUT_MS = 8_000;
const VERSION = "Hub-Client";

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(caches.open(SHELL).then((cache) => cache.add("/")));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== SHELL && name !== ANSWERS).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

let generation = 0;

self.addEventListener("message", (event) => {
  if (event.data?.type !== "forget") return;
  generation += 1;
  event.waitUntil(caches.delete(ANSWERS));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") {
    if (url.pathname !== "/docs") event.respondWith(page(request));
  } else if (url.pathname.startsWith("/static/")) {
    event.respondWith(networkFirst(request, SHELL));
  } else if (KEPT_ANSWERS.test(url.pathname) && !url.search) {
    event.respondWith(networkFirst(request, ANSWERS));
  }
});

/** All pages are one page. */
async function page(request) {
  try {
    const response = await reach(request);
    if (response.ok && response.headers.get("Content-Type")?.includes("text/html")) await keepPage(response);
    return response;
  } catch {
    return (await find("/", SHELL)) ?? offline();
  }
}

/** Files of two versions do not fit together: with another page goes all that was kept of the one before. */
async function keepPage(response) {
  const before = await find("/", SHELL);
  if (before && before.headers.get(VERSION) !== response.headers.get(VERSION)) await caches.delete(SHELL).catch(() => null);
  await keep(SHELL, "/", response);
}

/** Where nothing was kept: a page without scripts, so that there is more to see than the browser's own words. */
function offline() {
  const text =
    "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>" +
    "<title>Frostbyte Hub</title><h1>There is no connection to the hub</h1>" +
    "<p>This browser has kept nothing to show meanwhile. <a href=''>Try again</a> where there is signal.";
  const headers = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  };
  return new Response(text, { status: 503, headers: { ...headers, "Retry-After": "5" } });
}

async function networkFirst(request, name) {
  const began = generation;
  try {
    const response = await reach(request);
    if (response.status === 200 && began === generation) await keep(name, request.url, response);
    return response;
  } catch (error) {
    const kept = await find(request.url, name);
    if (kept) return marked(kept);
    throw error;
  }
}

function reach(request) {
  return fetch(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(TIMEOUT_MS)]) });
}

/** What cannot be kept (storage is full, or blocked) is still an answer. */
async function keep(name, key, response) {
  const copy = response.clone();
  try {
    const cache = await caches.open(name);
    const isHistory = name === ANSWERS && key.endsWith("/history");
    await cache.put(key, isHistory ? await withoutLocations(copy) : copy);
  } catch {
    await copy.body?.cancel().catch(() => null);
  }
}

/** @returns {Promise<Response | undefined>} */
async function find(key, name) {
  return caches.match(key, { cacheName: name, ignoreVary: true }).catch(() => undefined);
}

/** Where somebody was is nobody's to keep. */
async function withoutLocations(response) {
  const history = await response.json();
  return new Response(JSON.stringify({ ...history, locations: [] }), { headers: response.headers });
}

function marked(response) {
  const headers = new Headers(response.headers);
  headers.set("X-From-Cache", "1");
  return new Response(response.body, { status: response.status, headers });
}
