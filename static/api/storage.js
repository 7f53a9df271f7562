/** What the browser keeps: the outbox and the drafts, in IndexedDB, so that nothing written is lost with the tab. */
import { openDB } from "idb";

const opening = openDB("frostbyte", 1, {
  upgrade(db) {
    db.createObjectStore("outbox", { keyPath: "client_id" });
    db.createObjectStore("drafts");
  },
}).catch(() => null);

const memory = new Map();

async function run(store, work, fallback) {
  const db = await opening;
  return db ? work(db).catch(fallback) : fallback();
}

/** @returns {Promise<object[]>} the outbox, oldest first */
export async function outboxEntries() {
  const entries = await run("outbox", (db) => db.getAll("outbox"), () => [...memory.values()]);
  return entries.sort((a, b) => a.created_at.localeCompare(b.created_at));
}

/** @returns {Promise<boolean>} whether the entry is still wanted: another tab may have sent or deleted it */
export async function hasEntry(clientId) {
  return Boolean(await run("outbox", (db) => db.getKey("outbox", clientId), () => memory.has(clientId)));
}

/** Keep an entry of the outbox. */
export function keepEntry(entry) {
  memory.set(entry.client_id, entry);
  return run("outbox", (db) => db.put("outbox", entry), () => null);
}

/** Forget an entry of the outbox. */
export function dropEntry(clientId) {
  memory.delete(clientId);
  return run("outbox", (db) => db.delete("outbox", clientId), () => null);
}

/** @returns {Promise<object | undefined>} what was being written under `key` */
export function readDraft(key) {
  return run("drafts", (db) => db.get("drafts", key), () => undefined);
}

/** Keep what is being written; an empty draft is dropped. */
export function keepDraft(key, draft) {
  const empty = !Object.values(draft).some((text) => text.trim());
  return run("drafts", (db) => (empty ? db.delete("drafts", key) : db.put("drafts", draft, key)), () => null);
}
