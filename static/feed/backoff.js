/** Reconnecting: full jitter between half a second and twenty, as many clients at once must not come back in step. */

export const FIRST_MS = 500;
export const MOST_MS = 20_000;

const FINAL_CODES = new Set([4400, 4403]);

/**
 * @param {number} attempt 0 for the first
 * @param {() => number} random from 0 to 1
 * @returns {number} milliseconds to wait
 */
export function backoff(attempt, random = Math.random) {
  const ceiling = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(attempt, 10));
  return Math.round(Math.max(100, random() * ceiling));
}

/**
 * What to do after a close.
 * @param {number} code the websocket close code
 * @returns {"stop" | "authenticate" | "reconnect"}
 */
export function afterClose(code) {
  if (FINAL_CODES.has(code)) return "stop";
  return code === 4401 ? "authenticate" : "reconnect";
}
