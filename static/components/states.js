/** Loading, empty and error: the same everywhere. */
import { html } from "../html.js";
import { Icon } from "./icons.js";

/** A skeleton while something loads. */
export function Loading({ lines = 4 }) {
  return html`
    <div class="skeleton" role="status">
      <span class="visually-hidden">Loading…</span>
      ${Array.from({ length: lines }, () => html`<div class="skeleton-line"></div>`)}
    </div>
  `;
}

/** Something went wrong; with `onRetry` there is a button. */
export function ErrorBox({ text, onRetry }) {
  return html`
    <div class="notice notice-error" role="alert">
      <${Icon} name="alert" />
      <p>${text}</p>
      ${onRetry && html`<button class="button button-small" onClick=${onRetry}>Try again</button>`}
    </div>
  `;
}

/** Nothing here yet. */
export function Empty({ title, children }) {
  return html`
    <div class="empty">
      <${Icon} name="peaks" />
      <h2>${title}</h2>
      <p>${children}</p>
    </div>
  `;
}

/** No such page, and where to go from here. */
export function NotFound({ what = "There is no page here.", why = "The trail ends at this sign." }) {
  return html`
    <section class="narrow">
      <${Empty} title=${what}>${why} <a href="/">See all channels</a> or <a href="/search">search</a>.<//>
    </section>
  `;
}
