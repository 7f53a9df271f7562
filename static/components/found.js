/** What a search found: page after page, best first, with the words marked. */
import { useEffect, useState } from "preact/hooks";
import { call } from "../api/session.js";
import { marks } from "../feed/marks.js";
import { html } from "../html.js";
import { Time } from "./clock.js";
import { PersonName } from "./person.js";
import { Empty, ErrorBox, Loading } from "./states.js";

const NOTHING = { items: [], next: null, status: "loading", error: null };

/** Posts and reviews that have the words of `asked`, in the channel `slug` or in all; `names` has the channels' names. */
export function Found({ asked, slug, names }) {
  const [found, setFound] = useState(NOTHING);
  const [wanted, setWanted] = useState({ cursor: null, attempt: 0 });
  useEffect(() => read(asked, slug, wanted.cursor, setFound), [asked, slug, wanted]);
  const { items, next, status, error } = found;
  const retry = () => setWanted({ ...wanted, attempt: wanted.attempt + 1 });
  if (!items.length && status === "failed") return html`<${ErrorBox} text=${error.message} onRetry=${retry} />`;
  if (!items.length && status === "loading") return html`<${Loading} lines=${6} />`;
  return html`
    <p class="muted" role="status">${told(items.length, next !== null)}</p>
    ${items.length === 0
      ? html`<${Nothing} asked=${asked} slug=${slug} />`
      : html`<ol class="found">${items.map((hit) => html`<${Hit} key=${`${hit.kind}-${hit.id}`} hit=${hit} asked=${asked} name=${names.get(hit.channel)} />`)}</ol>`}
    ${next !== null && html`<${More} status=${status} error=${error} onMore=${status === "failed" ? retry : () => setWanted({ cursor: next, attempt: 0 })} />`}
  `;
}

function read(asked, slug, cursor, setFound) {
  let current = true;
  setFound((before) => (cursor ? { ...before, status: "loading" } : NOTHING));
  const query = new URLSearchParams({ q: asked, limit: "20", ...(slug && { channel: slug }), ...(cursor && { cursor }) });
  call("GET", `/api/search?${query}`).then(
    ({ data }) => current && setFound((before) => ({ items: joined(before.items, data.items), next: data.next, status: "idle", error: null })),
    (error) => current && setFound((before) => ({ ...before, status: "failed", error })),
  );
  return () => (current = false);
}

/** Somebody may write between two pages, which moves what is on the second. */
function joined(before, more) {
  const known = new Set(before.map(({ kind, id }) => `${kind}-${id}`));
  return [...before, ...more.filter(({ kind, id }) => !known.has(`${kind}-${id}`))];
}

function told(count, hasMore) {
  if (hasMore) return `The best ${count}; there are more.`;
  return count === 1 ? "1 found." : `${count} found.`;
}

function Hit({ hit, asked, name }) {
  const { kind, id, channel, author, title, excerpt, created_at } = hit;
  const href = kind === "post" ? `/channels/${channel}#post-${id}` : `/channels/${channel}?tab=reviews#review-${id}`;
  return html`
    <li class="panel">
      <h2 dir="auto"><a href=${href}><${Marked} text=${title} asked=${asked} /></a></h2>
      <p dir="auto"><${Marked} text=${excerpt} asked=${asked} /></p>
      <p class="muted">
        ${kind === "post" ? "Post" : "Review"} in ${name ?? channel} by <${PersonName} person=${author} />, <${Time} at=${created_at} />
      </p>
    </li>
  `;
}

function Marked({ text, asked }) {
  return marks(text, asked).map((piece) => (piece.isMarked ? html`<mark>${piece.text}</mark>` : piece.text));
}

function Nothing({ asked, slug }) {
  const everywhere = `/search?${new URLSearchParams({ q: asked })}`;
  return html`
    <${Empty} title="Nothing has all of these words.">
      Try fewer or other ones${slug && html`, or <a href=${everywhere}>look in all channels</a>`}.
    <//>
  `;
}

function More({ status, error, onMore }) {
  return html`
    <div class="older">
      ${status === "failed" && html`<p class="wrong" role="alert">${error.message}</p>`}
      <button class="button button-small button-quiet" type="button" aria-disabled=${status === "loading"}
        onClick=${() => status !== "loading" && onMore()}>
        ${status === "loading" ? "Loading…" : "Show more"}
      </button>
    </div>
  `;
}
