/** All channels with their numbers: ordered by any column, found by name, and with one's own stars in each row. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { COLUMNS, filterRows, movedChannels, nextOrder, sortRows } from "../feed/analytics.js";
import { html } from "../html.js";
import { Icon, Star } from "./icons.js";
import { NotSaved } from "./rating-panel.js";
import { useMyStars } from "./rating-mine.js";
import { StarInput } from "./rating-stars.js";
import { Empty } from "./states.js";

/**
 * @param {object[]} rows the summary's items
 * @param {Map<string, number> | null} mine one's own stars by channel; null for a guest
 * @param {string} chosen the channel whose charts are shown
 */
export function RatingTable({ rows, mine, chosen, onChoose, onStored }) {
  const [order, setOrder] = useState({ column: "average", direction: "descending" });
  const [query, setQuery] = useState("");
  const body = useRef(null);
  const moved = useMoved(rows);
  const shown = useSteadyOrder(filterRows(sortRows(rows, order), query), body, order, query);
  return html`
    <label class="search table-search">
      <span class="visually-hidden">Search channels</span>
      <${Icon} name="search" />
      <input type="search" placeholder="Search channels" value=${query} autocomplete="off"
        onInput=${(event) => setQuery(event.target.value)} />
    </label>
    <div class="table-scroll" role="region" aria-label="All channels, scrolls sideways" tabindex="0">
      <table class="summary">
        <caption class="visually-hidden">Stars, reviews and posts by channel. Press a heading to order by it.</caption>
        <thead>
          <tr>
            ${COLUMNS.map((column) => html`<${Heading} key=${column.id} column=${column} order=${order} onOrder=${setOrder} />`)}
            ${mine && html`<th scope="col">Your stars</th>`}
            <th scope="col">Charts</th>
          </tr>
        </thead>
        <tbody ref=${body}>
          ${shown.map(
            (row) => html`
              <${Row} key=${row.channel} row=${row} moved=${moved.has(row.channel)} mine=${mine} isChosen=${chosen === row.channel}
                onChoose=${onChoose} onStored=${onStored} />
            `,
          )}
        </tbody>
      </table>
    </div>
    ${shown.length === 0 && html`<${Empty} title="Nothing fits.">Try another word.<//>`}
  `;
}

function Heading({ column: { id, label }, order, onOrder }) {
  const direction = order.column === id ? order.direction : null;
  return html`
    <th scope="col" aria-sort=${direction} class=${id === "name" ? "" : "number"}>
      <button type="button" onClick=${() => onOrder(nextOrder(order, id))}>
        ${label}<span class="sort-mark" aria-hidden="true">${{ ascending: "▲", descending: "▼" }[direction] ?? ""}</span>
      </button>
    </th>
  `;
}

function Row({ row, moved, mine, isChosen, onChoose, onStored }) {
  return html`
    <tr class=${moved ? "moved" : ""} data-channel=${row.channel}>
      <th scope="row">
        <a href=${`/channels/${row.channel}${row.kind === "park" ? "?tab=reviews" : ""}`}>${row.name}</a>
        <span class="muted">${row.group}</span>
      </th>
      <td class="number average-cell">
        ${row.average === null ? html`<span class="muted">–</span>` : html`<${Star} />${row.average.toFixed(2)}`}
      </td>
      <td class="number">${row.ratings}</td>
      <td class="number">${row.reviews}</td>
      <td class="number">${row.posts}</td>
      ${mine && html`<td><${MyStars} row=${row} stored=${mine.get(row.channel) ?? null} onStored=${onStored} /></td>`}
      <td>
        <button class="button button-small button-quiet" type="button" aria-pressed=${isChosen} aria-label=${`Charts of ${row.name}`}
          onClick=${() => onChoose(isChosen ? "" : row.channel)}>${isChosen ? "Shown" : "Show"}</button>
      </td>
    </tr>
  `;
}

function MyStars({ row, stored, onStored }) {
  const { stars, problem, choose, retry } = useMyStars(row.channel, stored, (now) => onStored(row.channel, now));
  return html`
    <span class="my-stars">
      <${StarInput} label=${`Your stars for ${row.name}`} value=${stars} onChange=${choose} small />
      ${stars !== null &&
      html`<button class="link-button" type="button" aria-label=${`Remove your stars for ${row.name}`} onClick=${() => choose(null)}>Remove</button>`}
    </span>
    <div role="alert">${problem && html`<${NotSaved} problem=${problem} onRetry=${retry} />`}</div>
  `;
}

/** Which rows the newest numbers have changed. */
function useMoved(rows) {
  const before = useRef(rows);
  const moved = useRef(new Set());
  if (before.current !== rows) {
    moved.current = movedChannels(before.current, rows);
    before.current = rows;
  }
  return moved.current;
}

/** Who works in the table keeps the rows in their places: they are put in order again once the focus has left. */
function useSteadyOrder(sorted, body, order, query) {
  const last = useRef({ order, query, places: new Map() });
  const [, redraw] = useState(0);
  const isHeld = body.current?.contains(document.activeElement) && last.current.order === order && last.current.query === query;
  const { places } = last.current;
  const shown = isHeld ? [...sorted].sort((a, b) => (places.get(a.channel) ?? 0) - (places.get(b.channel) ?? 0)) : sorted;
  useLayoutEffect(() => {
    last.current = { order, query, places: new Map(shown.map((row, place) => [row.channel, place])) };
  });
  useLayoutEffect(() => {
    const table = body.current;
    const left = (event) => !table.contains(event.relatedTarget) && setTimeout(() => redraw((n) => n + 1));
    table.addEventListener("focusout", left);
    return () => table.removeEventListener("focusout", left);
  }, []);
  return shown;
}
