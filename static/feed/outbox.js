/**
 * What was written and is not known to have arrived. An entry is waiting, sending or failed; it leaves when the hub has
 * answered, and its `client_id` makes sending it twice harmless.
 */

/** @returns {object} a new entry for a post */
export function newEntry(channel, { title, comment, content = {} }, clientId, now) {
  return { client_id: clientId, channel, title, comment, content, status: "waiting", error: null, created_at: now };
}

/**
 * What becomes of an entry after the hub's answer.
 * @param {object} entry
 * @param {{status: number, detail?: string}} answer status 0: no answer
 * @returns {object | null} the entry to keep, null when the hub has it
 */
export function afterAnswer(entry, answer) {
  if (answer.status >= 200 && answer.status < 300) return null;
  if (answer.status === 410) return null; // sent before, and deleted since
  if (answer.status === 0 || answer.status === 429 || answer.status >= 500) return { ...entry, status: "waiting" };
  if (answer.status === 401) return { ...entry, status: "failed", error: "Log in again to send this." };
  return { ...entry, status: "failed", error: answer.detail ?? "This could not be sent." };
}

/** @returns {object[]} entries that a reload found half-way are waiting again */
export function afterReload(entries) {
  return entries.map((entry) => (entry.status === "sending" ? { ...entry, status: "waiting" } : entry));
}

/** @returns {object | undefined} the entry to send next: in order, one at a time */
export function nextToSend(entries) {
  if (entries.some((entry) => entry.status === "sending")) return undefined;
  return entries.find((entry) => entry.status === "waiting");
}
