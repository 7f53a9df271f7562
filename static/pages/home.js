/** All channels: search, regions, and who is there now. */
import { useEffect, useState } from "preact/hooks";
import { Icon } from "../components/icons.js";
import { usePolled } from "../components/poll.js";
import { Ridge } from "../components/ridge.js";
import { Rating } from "../components/stars.js";
import { Empty, ErrorBox } from "../components/states.js";
import { filterGroups, onlineCount, peopleIn, regionsOf, stateName, statesOf } from "../feed/catalogue.js";
import { html } from "../html.js";
import { navigate } from "../router.js";

const POLL_MS = 10_000;

export default function Home({ query }) {
  const { data, error, retry } = usePolled("/api/channels", POLL_MS);
  const [wanted, setWanted] = useState({ query: query.q ?? "", region: query.region ?? "", state: query.state ?? "" });
  useEffect(() => void (document.title = "Frostbyte Hub"), []);
  useEffect(() => keepInAddress(wanted), [wanted]);
  const groups = data?.items ?? [];
  return html`
    <${Hero} people=${onlineCount(groups)} />
    <div class="page">
      ${error && !data && html`<${ErrorBox} text=${error.message} onRetry=${retry} />`}
      ${error && data && html`<p class="line line-warn" role="status">No connection to the hub: the numbers may be old.</p>`}
      ${!data && !error && html`<${Skeletons} />`}
      ${data && html`<${Filters} groups=${groups} wanted=${wanted} onChange=${setWanted} />`}
      ${data && html`<${Groups} groups=${filterGroups(groups, wanted)} onReset=${() => setWanted({})} />`}
    </div>
  `;
}

/** A link to a search stays one, also after going back to it. */
function keepInAddress({ query, region, state }) {
  const entries = Object.entries({ q: query, region, state }).filter(([, value]) => value);
  const search = entries.length ? `?${new URLSearchParams(entries)}` : "";
  if (location.pathname === "/" && location.search !== search) navigate(`/${search}`, { replace: true });
}

function Hero({ people }) {
  return html`
    <section class="hero">
      <${Ridge} slug="frostbyte" stretched />
      <div class="hero-text">
        <h1>What is happening in the parks, as it happens</h1>
        <p>
          A live channel for each of the 63 national parks. Read along, ask, and tell what you saw.
          ${people > 0 && html` <strong>${people} here now.</strong>`}
        </p>
      </div>
    </section>
  `;
}

function Filters({ groups, wanted, onChange }) {
  const set = (fields) => onChange({ ...wanted, ...fields });
  return html`
    <form class="filters" role="search" onSubmit=${(event) => event.preventDefault()}>
      <label class="search">
        <span class="visually-hidden">Search channels</span>
        <${Icon} name="search" />
        <input type="search" placeholder="Search parks, states, topics" value=${wanted.query ?? ""} autocomplete="off"
          onInput=${(event) => set({ query: event.target.value })} />
      </label>
      <label>
        <span class="visually-hidden">Region</span>
        <select value=${wanted.region ?? ""} onChange=${(event) => set({ region: event.target.value, state: "" })}>
          <option value="">All regions</option>
          ${regionsOf(groups).map((region) => html`<option value=${region}>${region}</option>`)}
        </select>
      </label>
      <label>
        <span class="visually-hidden">State</span>
        <select value=${wanted.state ?? ""} onChange=${(event) => set({ state: event.target.value, region: "" })}>
          <option value="">All states</option>
          ${statesOf(groups).map(({ code, name }) => html`<option value=${code}>${name}</option>`)}
        </select>
      </label>
    </form>
  `;
}

function Groups({ groups, onReset }) {
  if (groups.length === 0) {
    return html`
      <${Empty} title="Nothing fits.">
        Try another word, or <button class="link-button" onClick=${onReset}>see all channels</button>.
      <//>
    `;
  }
  return groups.map(
    ({ group, channels }) => html`
      <section key=${group} class="group" aria-label=${group}>
        <h2>${group}</h2>
        <ul class=${channels[0].kind === "park" ? "cards" : "cards cards-topics"}>
          ${channels.map((channel) => html`<${Card} key=${channel.slug} channel=${channel} />`)}
        </ul>
      </section>
    `,
  );
}

function Card({ channel }) {
  const { slug, name, park, stats, online, description } = channel;
  const people = peopleIn(online);
  return html`
    <li class="card">
      ${park && html`<${Ridge} slug=${slug} />`}
      <div class="card-body">
        <h3><a href=${`/channels/${slug}`}>${name}</a></h3>
        <p class="muted">${park ? park.states.map(stateName).join(", ") : description}</p>
        <p class="card-facts">
          <span>${stats.posts === 1 ? "1 post" : `${stats.posts} posts`}</span>
          <${Rating} rating=${stats.rating} />
          ${people > 0 && html`<span class="here"><span class="dot"></span>${people} here</span>`}
        </p>
      </div>
    </li>
  `;
}

function Skeletons() {
  return html`
    <div role="status" class="cards">
      <span class="visually-hidden">Loading the channels…</span>
      ${Array.from({ length: 8 }, () => html`<div class="card card-skeleton"></div>`)}
    </div>
  `;
}
