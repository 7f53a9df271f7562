/** The map of all parks: their stars, who is there now, and a way into each channel. */
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../components/icons.js";
import { ParksLayer } from "../components/map-markers.js";
import { isAnimated, MapView, STATES_BOUNDS } from "../components/map-view.js";
import { usePolled } from "../components/poll.js";
import { Rating } from "../components/stars.js";
import { Empty, ErrorBox } from "../components/states.js";
import { filterGroups, peopleIn, stateName } from "../feed/catalogue.js";
import { parksOf } from "../feed/locations.js";
import { html } from "../html.js";

const POLL_MS = 3_000;
const REGIONS = [
  { name: "Contiguous states", bounds: STATES_BOUNDS },
  { name: "Alaska", bounds: [[54, -172], [70.5, -130]] },
  { name: "Hawaiʻi", bounds: [[18.7, -160.6], [22.4, -154.6]] },
  { name: "Caribbean and Florida", bounds: [[17.4, -83.6], [26.4, -64.3]] },
  { name: "American Samoa", bounds: [[-14.6, -171.2], [-13.9, -169.2]] },
  { name: "Everything", bounds: [[-15, -172], [70.5, -64]] },
];

export default function MapPage() {
  useEffect(() => void (document.title = "Map · Frostbyte Hub"), []);
  const { data, error, retry } = usePolled("/api/channels", POLL_MS);
  const [canvas, setCanvas] = useState(null);
  const layer = useParks(canvas, data);
  const go = (bounds) => canvas?.map.fitBounds(bounds, { animate: isAnimated() });
  return html`
    <div class="page map-page">
      <header>
        <h1>All parks on one map</h1>
        <p class="muted">Their stars, and in green how many people are in each channel now.</p>
      </header>
      ${error && data && html`<p class="line line-warn" role="status">No connection to the hub: the numbers may be old.</p>`}
      <div class="map-page-body">
        <div class="map-page-main">
          <div class="map-regions" role="group" aria-label="Go to">
            ${REGIONS.map(
              ({ name, bounds }) => html`
                <button key=${name} class="button button-small button-quiet" type="button" onClick=${() => go(bounds)}>${name}</button>
              `,
            )}
          </div>
          <${MapView} label="Map of all national parks" start=${{ bounds: STATES_BOUNDS }} onMap=${setCanvas} />
        </div>
        ${data && html`<${Parks} groups=${data.items} onFind=${(slug) => layer.current?.find(slug)} />`}
        ${!data && (error
          ? html`<${ErrorBox} text=${error.message} onRetry=${retry} />`
          : html`<p class="muted" role="status">Loading the parks…</p>`)}
      </div>
    </div>
  `;
}

function useParks(canvas, data) {
  const layer = useRef(null);
  useEffect(() => void (layer.current = canvas && new ParksLayer(canvas)), [canvas]);
  useEffect(() => void (data && layer.current?.show(parksOf(data.items))), [canvas, data]);
  return layer;
}

function Parks({ groups, onFind }) {
  const [query, setQuery] = useState("");
  const parks = parksOf(filterGroups(groups, { query }));
  return html`
    <section class="map-parks" aria-label="Parks">
      <label class="search">
        <span class="visually-hidden">Search parks</span>
        <${Icon} name="search" />
        <input type="search" placeholder="Search parks, states" value=${query} autocomplete="off"
          onInput=${(event) => setQuery(event.target.value)} />
      </label>
      ${parks.length === 0 && html`<${Empty} title="Nothing fits.">Try another word.<//>`}
      <ul>
        ${parks.map((park) => html`<${Park} key=${park.slug} park=${park} onFind=${onFind} />`)}
      </ul>
    </section>
  `;
}

function Park({ park, onFind }) {
  const people = peopleIn(park.online);
  return html`
    <li data-slug=${park.slug}>
      <div>
        <a href=${`/channels/${park.slug}`}>${park.name}</a>
        <p class="hint">${park.park.states.map(stateName).join(", ")}</p>
      </div>
      <p class="map-park-facts">
        <${Rating} rating=${park.stats.rating} />
        ${people > 0 && html`<span class="here"><span class="dot"></span>${people} here</span>`}
      </p>
      <button class="icon-button" type="button" title="Show on the map" aria-label=${`Show ${park.name} on the map`}
        onClick=${() => onFind(park.slug)}><${Icon} name="pin" /></button>
    </li>
  `;
}
