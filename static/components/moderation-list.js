/** A list that the moderators' page reads: in pages, again after each decision, and now and then by itself. */
import { useEffect, useState } from "preact/hooks";
import { call } from "../api/session.js";
import { html } from "../html.js";
import { Empty, ErrorBox, Loading } from "./states.js";

const EVERY_MS = 15_000;

/**
 * @param {string} path
 * @returns {{items: object[] | null, next: string | null, error: Error | null, reload: () => void, more: () => void}}
 */
export function useList(path) {
  const [state, setState] = useState({ items: null, next: null, error: null, pages: 1 });
  const [attempt, setAttempt] = useState(0);
  const { pages } = state;
  useEffect(() => {
    let current = true;
    const read = () =>
      readPages(path, pages).then(
        (found) => current && setState((before) => ({ ...before, ...found, error: null })),
        (error) => current && setState((before) => ({ ...before, error })),
      );
    read();
    const timer = setInterval(() => document.hidden || read(), EVERY_MS);
    return () => {
      current = false;
      clearInterval(timer);
    };
  }, [path, pages, attempt]);
  return {
    ...state,
    reload: () => setAttempt((n) => n + 1),
    more: () => setState((before) => ({ ...before, pages: before.pages + 1 })),
  };
}

async function readPages(path, pages) {
  const items = [];
  let next = null;
  for (let page = 0; page < pages; page += 1) {
    const { data } = await call("GET", next ? `${path}?cursor=${encodeURIComponent(next)}` : path);
    items.push(...data.items);
    next = data.next;
    if (next === null) break;
  }
  return { items, next };
}

/** The list with its states; `row` draws one item. */
export function List({ list, label, keyOf, row, emptyTitle, emptyText }) {
  const { items, next, error, reload, more } = list;
  if (error && !items) return html`<${ErrorBox} text=${error.message} onRetry=${reload} />`;
  if (!items) return html`<${Loading} />`;
  if (items.length === 0) return html`<${Empty} title=${emptyTitle}>${emptyText}<//>`;
  return html`
    ${error && html`<p class="line line-warn" role="status">No connection to the hub: this may be old.</p>`}
    <ul class="mod-list" aria-label=${label}>
      ${items.map((item) => html`<li key=${keyOf(item)} class="mod-item">${row(item)}</li>`)}
    </ul>
    ${next && html`<button class="button button-small button-quiet" type="button" onClick=${more}>Show more</button>`}
  `;
}
