/**
 * What a member has written and not yet sent stays theirs when they log out: it is locked with a key that only the hub
 * has and gives to nobody else, and opened again when they log in. The key is kept in this browser, for this page to use
 * and for nobody to read, only while the member is logged in.
 */
import { signal } from "@preact/signals";
import { attempt, inTurn, tab } from "./kept.js";
import { call, member, onToken } from "./session.js";
import { everythingWritten, openOrNull, putBack, removeWritten } from "./storage.js";

/** Counts up when something was opened: what shows drafts reads them again. */
export const opened = signal(0);

// Browsers have it on https and on this machine only.
const subtle = attempt(() => crypto.subtle, null);
const opening = openOrNull("frostbyte-sealed", (db) => {
  db.createObjectStore("keys");
  db.createObjectStore("sealed", { autoIncrement: true });
});

/** Follow who is logged in, from now on. */
export function startSealing() {
  let before;
  member.subscribe((who) => {
    // The answers of the quiz go with the member; those of a guest stay, for the account that they may make.
    if (before && before !== who?.username) tab.remove("hub.quiz");
    before = who?.username;
  });
  member.subscribe((who) => who !== undefined && inTurn("hub.sealing", () => settle(who?.username)).catch(() => null));
  onToken.add(() => inTurn("hub.sealing", () => openFor(member.peek()?.username)).catch(() => null));
}

/** @returns {Promise<number>} how much the member has written here that logging out would throw away, as it cannot be locked */
export async function wouldBeLost(username) {
  const mine = (await everythingWritten()).filter(({ owner }) => owner === username);
  return mine.length && !(await keyOf(username)) ? mine.length : 0;
}

/** Throw away what a member has written here. */
export async function throwAway(username) {
  for (const thing of await everythingWritten()) if (thing.owner === username) await removeWritten(thing);
}

async function settle(username) {
  for (const thing of await everythingWritten()) if (thing.owner !== username) await seal(thing);
  await forgetKeys(username);
  if (username) await openFor(username);
}

async function seal(thing) {
  const db = await opening;
  const key = await keyOf(thing.owner);
  if (!db || !key) return;
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const text = new TextEncoder().encode(JSON.stringify(thing));
  const data = await subtle.encrypt({ name: "AES-GCM", iv }, key, text);
  await db.add("sealed", { owner: thing.owner, iv, data });
  await removeWritten(thing);
}

/** Open what is the member's, and have a key for when they log out. */
async function openFor(username) {
  const db = await opening;
  if (!subtle || !db || !username) return;
  const keys = await db.getAllKeys("sealed");
  const records = (await Promise.all(keys.map(async (id) => ({ id, ...(await db.get("sealed", id)) })))).filter(
    ({ owner }) => owner === username,
  );
  if (!records.length && (await keyOf(username))) return;
  const { data } = await call("GET", "/api/me/seal");
  const found = await Promise.all(data.keys.map(imported));
  if (member.peek()?.username !== username) return;
  await db.put("keys", found[0], username);
  for (const record of records) await open(db, record, found);
  if (records.length) opened.value += 1;
}

async function open(db, { id, iv, data }, keys) {
  for (const key of keys) {
    const text = await subtle.decrypt({ name: "AES-GCM", iv }, key, data).catch(() => null);
    if (!text) continue;
    await putBack(JSON.parse(new TextDecoder().decode(text)));
    await db.delete("sealed", id);
    return;
  }
}

function imported(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
}

async function keyOf(username) {
  const db = await opening;
  return db ? db.get("keys", username).catch(() => undefined) : undefined;
}

async function forgetKeys(username) {
  const db = await opening;
  if (!db) return;
  for (const owner of await db.getAllKeys("keys")) if (owner !== username) await db.delete("keys", owner);
}
