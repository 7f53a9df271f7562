/** Search in what everybody wrote: in all channels, or in one. */
import { useEffect } from "preact/hooks";
import { Found } from "../components/found.js";
import { Icon } from "../components/icons.js";
import { usePolled } from "../components/poll.js";
import { html } from "../html.js";
import { navigate } from "../router.js";

const POLL_MS = 600_000;

export default function SearchPage({ query }) {
  const asked = (query.q ?? "").trim();
  const slug = query.channel ?? "";
  const { data } = usePolled("/api/channels", POLL_MS);
  const groups = data?.items ?? [];
  useEffect(() => void (document.title = asked ? `${asked} · Search · Frostbyte Hub` : "Search · Frostbyte Hub"), [asked]);
  return html`
    <div class="page search-page">
      <h1>Search</h1>
      <${Form} key=${`${asked}/${slug}`} asked=${asked} slug=${slug} groups=${groups} />
      ${asked
        ? html`<${Found} key=${`${asked}/${slug}`} asked=${asked} slug=${slug} names=${namesOf(groups)} />`
        : html`<p class="muted">Finds posts and reviews that have all of your words, in whatever form, the best first.</p>`}
    </div>
  `;
}

function Form({ asked, slug, groups }) {
  const submit = (event) => {
    event.preventDefault();
    const { q, channel } = Object.fromEntries(new FormData(event.target));
    navigate(`/search?${new URLSearchParams({ q: q.trim(), ...(channel && { channel }) })}`);
  };
  return html`
    <form class="search-form" role="search" onSubmit=${submit}>
      <label class="search">
        <span class="visually-hidden">What to look for</span>
        <${Icon} name="search" />
        <input type="search" name="q" required maxlength="200" placeholder="Bears at the lake" defaultValue=${asked} autocomplete="off" />
      </label>
      <label>
        <span class="visually-hidden">Where</span>
        <select name="channel">
          <option value="">All channels</option>
          ${groups.map(({ group, channels }) => html`
            <optgroup key=${group} label=${group}>
              ${channels.map((channel) => html`
                <option key=${channel.slug} value=${channel.slug} selected=${channel.slug === slug}>${channel.name}</option>
              `)}
            </optgroup>
          `)}
        </select>
      </label>
      <button class="button" type="submit">Search</button>
    </form>
  `;
}

function namesOf(groups) {
  return new Map(groups.flatMap(({ channels }) => channels.map(({ slug, name }) => [slug, name])));
}
