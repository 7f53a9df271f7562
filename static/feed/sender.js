/** Sends what is in the outbox, in order, now and whenever there is signal again. */
import { signal } from "@preact/signals";
import { newId } from "../api/ids.js";
import { inTurn } from "../api/kept.js";
import { opened } from "../api/sealing.js";
import { call, member } from "../api/session.js";
import { dropEntry, hasEntry, keepEntry, outboxEntries } from "../api/storage.js";
import { backoff } from "./backoff.js";
import { afterAnswer, afterReload, newEntry, nextToSend } from "./outbox.js";

/** The entries of all channels. */
export const outbox = signal([]);

/** Called with each post that the hub has taken. */
export const onSent = new Set();

let attempt = 0;
let timer;

/** Read what an earlier visit left, and send it. */
export async function startSending() {
  outbox.value = afterReload(await outboxEntries());
  window.addEventListener("online", () => sendNow());
  member.subscribe((who) => who && sendNow());
  opened.subscribe((times) => times && takeUp());
  sendNow();
}

/** What the member wrote at an earlier visit is here again. */
async function takeUp() {
  const known = new Set(outbox.peek().map((entry) => entry.client_id));
  const more = (await outboxEntries()).filter((entry) => !known.has(entry.client_id));
  outbox.value = [...outbox.value, ...afterReload(more)].sort((a, b) => a.created_at.localeCompare(b.created_at));
  sendNow();
}

/** Put a post into the outbox. */
export async function post(channel, text) {
  const author = member.peek();
  const entry = newEntry(channel, text, newId(), new Date().toISOString());
  entry.author = { username: author.username, name: author.name };
  outbox.value = [...outbox.value, entry];
  await keepEntry(entry);
  sendNow();
}

/** Try a failed entry again. */
export function retry(clientId) {
  change(clientId, { status: "waiting", error: null });
  sendNow();
}

/** Throw an entry away. */
export function discard(clientId) {
  outbox.value = outbox.value.filter((entry) => entry.client_id !== clientId);
  return dropEntry(clientId);
}

/** Send now what is waiting. */
export function sendNow() {
  clearTimeout(timer);
  attempt = 0;
  return sendNext();
}

async function sendNext() {
  const who = member.peek();
  const mine = outbox.value.filter((entry) => who && entry.author.username === who.username);
  const entry = nextToSend(mine);
  if (!entry) return;
  change(entry.client_id, { status: "sending" });
  // One tab sends at a time, so that posts keep their order.
  const answer = await inTurn("hub.outbox", () => send(entry));
  if (answer === null) return leave(entry.client_id);
  const kept = afterAnswer(entry, answer);
  if (kept === null) {
    if (answer.post) for (const tell of onSent) tell(answer.post);
    await discard(entry.client_id);
  } else {
    change(entry.client_id, kept);
    await keepEntry(kept);
  }
  if (kept?.status === "waiting") {
    timer = setTimeout(sendNext, Math.max((answer.retryAfter ?? 0) * 1000, 1000 + backoff(attempt++)));
  } else {
    sendNext();
  }
}

function leave(clientId) {
  outbox.value = outbox.value.filter((entry) => entry.client_id !== clientId);
  return sendNext();
}

/** @returns {Promise<object | null>} the answer; null when another tab has sent or deleted the entry */
async function send({ channel, title, comment, content, client_id }) {
  if (!(await hasEntry(client_id))) return null;
  try {
    const body = { title, comment, content, client_id };
    const { status, data } = await call("POST", `/api/channels/${channel}/posts`, { body });
    attempt = 0;
    return { status, post: data };
  } catch (error) {
    return { status: error.status ?? 0, detail: error.message, retryAfter: error.retryAfter };
  }
}

function change(clientId, fields) {
  outbox.value = outbox.value.map((entry) => (entry.client_id === clientId ? { ...entry, ...fields } : entry));
}
