/** Times that tick: one clock for the page, which rests while nobody looks. */
import { signal } from "@preact/signals";
import { elapsed, exactTime, relativeTime } from "../feed/time.js";
import { html } from "../html.js";

const TICK_MS = 20_000;

/** Milliseconds, about three times a minute. */
export const now = signal(Date.now());

setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, TICK_MS);
document.addEventListener("visibilitychange", () => (now.value = Date.now()));

/** A `<time>` in words; the exact one shows on hovering. */
export function Time({ at }) {
  return html`<time datetime=${at} title=${exactTime(at)}>${relativeTime(at, now.value)}</time>`;
}

/** A `<time>` that says how long ago it was even after midnight: for what goes stale by the minute. */
export function Age({ at }) {
  return html`<time datetime=${at} title=${exactTime(at)}>${elapsed(at, now.value)}</time>`;
}
