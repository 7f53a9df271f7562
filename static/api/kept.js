/**
 * What the browser lends a page, each behind a guard: storage for small things, locks, other tabs, the service worker.
 *
 * All of them throw or are missing where site data is blocked, in a sandbox or on plain http; storage also when it is full.
 * Nothing here does: what the browser does not keep, this page remembers until it ends.
 */

class Kept {
  /** @param {() => Storage} open getting at the storage may throw as well */
  constructor(open) {
    this.open = open;
    this.memory = new Map();
  }

  /** @returns {string | null} */
  get(key) {
    if (this.memory.has(key)) return this.memory.get(key);
    return attempt(() => this.open().getItem(key), null);
  }

  /** Keep a text. */
  set(key, text) {
    const isKept = attempt(() => (this.open().setItem(key, text), true), false);
    if (isKept) this.memory.delete(key);
    else this.memory.set(key, text);
  }

  /** Forget it. */
  remove(key) {
    const isGone = attempt(() => (this.open().removeItem(key), true), false);
    if (isGone) this.memory.delete(key);
    else this.memory.set(key, null);
  }
}

/** Kept over visits. */
export const local = new Kept(() => globalThis.localStorage);

/** Kept until the tab is closed. */
export const tab = new Kept(() => globalThis.sessionStorage);

/** @returns {any} what `work` gives, or `fallback` where it throws */
export function attempt(work, fallback) {
  try {
    return work() ?? fallback;
  } catch {
    return fallback;
  }
}

/** @returns {any} the value of a JSON text, null for what is none */
export function parse(text) {
  return attempt(() => JSON.parse(text ?? "null"), null);
}

/** Do `work` while no other tab does what has the same name; where tabs cannot agree, at once. */
export async function inTurn(name, work) {
  const locks = attempt(() => navigator.locks, null);
  let hasBegun = false;
  const begin = () => {
    hasBegun = true;
    return work();
  };
  try {
    if (locks) return await locks.request(name, begin);
  } catch (error) {
    if (hasBegun) throw error;
  }
  return work();
}

/** @returns {{postMessage: Function, addEventListener: Function, removeEventListener: Function}} a line to one's other tabs */
export function otherTabs(name) {
  const nobody = { postMessage() {}, addEventListener() {}, removeEventListener() {} };
  return attempt(() => new BroadcastChannel(name), nobody);
}

/** @returns {ServiceWorkerContainer | null} */
export function serviceWorker() {
  return attempt(() => navigator.serviceWorker, null);
}
