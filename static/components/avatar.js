/** A round sign with the first letters of a name, in the one of eight colours that goes with the username. */
import { html } from "../html.js";

/** @returns {string} up to two letters */
export function initials(name) {
  const words = name.trim().split(/[\s._-]+/).filter(Boolean);
  return words.slice(0, 2).map((word) => [...word][0]).join("").toUpperCase() || "?";
}

/** The sign; the name itself is beside it. */
export function Avatar({ name, username }) {
  const tone = [...(username ?? name)].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 8191, 7) % 8;
  return html`<span class=${`avatar avatar-${tone}`} aria-hidden="true"><bdi>${initials(name)}</bdi></span>`;
}
