/** A round sign with the first letters of a name, always in the same one of eight colours. */
import { html } from "../html.js";

/** @returns {string} up to two letters */
export function initials(name) {
  const words = name.trim().split(/[\s._-]+/).filter(Boolean);
  return words.slice(0, 2).map((word) => [...word][0]).join("").toUpperCase() || "?";
}

/** The sign; the name itself is beside it. */
export function Avatar({ name }) {
  const tone = [...name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 8191, 7) % 8;
  return html`<span class=${`avatar avatar-${tone}`} aria-hidden="true">${initials(name)}</span>`;
}
