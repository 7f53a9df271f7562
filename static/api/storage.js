/**
 * What the browser keeps of what was written: the outbox and the drafts, in IndexedDB, so that nothing is lost with the tab.
 *
 * Where the database cannot be had, and for what no longer fits into it, this page's own memory has to do; `isVolatile`
 * says so.
 */
import { signal } from "@preact/signals";
import { openDB } from "idb";

// Some browsers neither open a database nor say that they will not.
const PATIENCE_MS = 3_000;

/** Whether something that was written is kept in this page only. */
export const isVolatile = signal(false);

const memory = { outbox: new Map(), drafts: new Map() };

/** @returns {Promise<import("idb").IDBPDatabase | null>} the database, null where there is none */
export async function openOrNull(name, upgrade) {
  let late;
  const opening = (async () => openDB(name, 1, { upgrade, blocking: (_, __, event) => event.target.close() }))().catch(() => null);
  const patience = new Promise((resolve) => (late = setTimeout(resolve, PATIENCE_MS, null)));
  const db = await Promise.race([opening, patience]);
  clearTimeout(late);
  return db;
}

const opening = openOrNull("frostbyte", (db) => {
  db.createObjectStore("outbox", { keyPath: "client_id" });
  db.createObjectStore("drafts");
});

async function read(work, fallback) {
  const db = await opening;
  if (!db) return fallback;
  try {
    return await work(db);
  } catch {
    return fallback;
  }
}

/** Keep `value` in the database, or else in memory. */
async function write(store, key, value) {
  const args = store === "outbox" ? [value] : [value, key];
  const isKept = await read((db) => db.put(store, ...args).then(() => true), false);
  if (isKept) {
    memory[store].delete(key);
  } else {
    memory[store].set(key, value);
    isVolatile.value = true;
  }
}

async function erase(store, key) {
  memory[store].delete(key);
  await read((db) => db.delete(store, key), null);
}

/** @returns {Promise<object[]>} the outbox, oldest first */
export async function outboxEntries() {
  const kept = (await read((db) => db.getAll("outbox"), [])).filter(({ client_id: id }) => !memory.outbox.has(id));
  return [...kept, ...memory.outbox.values()].sort((a, b) => a.created_at.localeCompare(b.created_at));
}

/** @returns {Promise<boolean>} whether the entry is still wanted: another tab may have sent or deleted it */
export async function hasEntry(clientId) {
  return memory.outbox.has(clientId) || Boolean(await read((db) => db.getKey("outbox", clientId), true));
}

/** Keep an entry of the outbox. */
export function keepEntry(entry) {
  return write("outbox", entry.client_id, entry);
}

/** Forget an entry of the outbox. */
export function dropEntry(clientId) {
  return erase("outbox", clientId);
}

/** @returns {Promise<object | undefined>} what was being written under `key`, which begins with its member's username and "/" */
export async function readDraft(key) {
  return memory.drafts.get(key) ?? read((db) => db.get("drafts", key), undefined);
}

/** Keep what is being written; an empty draft is dropped. */
export function keepDraft(key, draft) {
  const isEmpty = !Object.values(draft).some((text) => text.trim());
  return isEmpty ? erase("drafts", key) : write("drafts", key, draft);
}

/**
 * Everything that members have written here and that has not left this browser.
 * @returns {Promise<{owner: string, store: "outbox" | "drafts", key: string, value: object}[]>}
 */
export async function everythingWritten() {
  const entries = await outboxEntries();
  const keys = new Set([...(await read((db) => db.getAllKeys("drafts"), [])), ...memory.drafts.keys()]);
  const drafts = await Promise.all(
    [...keys].map(async (key) => ({ owner: key.split("/")[0], store: "drafts", key, value: await readDraft(key) })),
  );
  return [
    ...entries.map((value) => ({ owner: value.author.username, store: "outbox", key: value.client_id, value })),
    ...drafts.filter(({ value }) => value),
  ];
}

/** Take something out that is kept elsewhere now. */
export function removeWritten({ store, key }) {
  return erase(store, key);
}

/** Put something back, unless there is something newer in its place. */
export async function putBack({ store, key, value }) {
  const taken = store === "drafts" ? await readDraft(key) : undefined;
  if (!taken) await write(store, key, value);
}
