/** Times that tick: one clock for the page, which rests while nobody looks. */
import { signal } from "@preact/signals";
import { relativeTime } from "../feed/time.js";
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
  const exact = new Date(at).toLocaleString();
  return html`<time datetime=${at} title=${exact}>${relativeTime(at, Math.max(now.value, Date.parse(at)))}</time>`;
}
