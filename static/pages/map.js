/** The map of all parks. */
import { useEffect } from "preact/hooks";
import { ParksMap } from "../components/map-parks.js";
import { usePolled } from "../components/poll.js";
import { ErrorBox, Loading } from "../components/states.js";
import { onlineCount } from "../feed/catalogue.js";
import { html } from "../html.js";

const POLL_MS = 5_000;

export default function MapPage() {
  useEffect(() => void (document.title = "Map · Frostbyte Hub"), []);
  const { data, error, retry } = usePolled("/api/channels", POLL_MS);
  if (!data) {
    return html`<div class="page">${error ? html`<${ErrorBox} text=${error.message} onRetry=${retry} />` : html`<${Loading} lines=${8} />`}</div>`;
  }
  const parks = data.items.flatMap(({ channels }) => channels).filter(({ park }) => park);
  const people = onlineCount(data.items);
  return html`
    <div class="map-page">
      <header class="map-head">
        <h1>All parks</h1>
        <p class="muted">
          ${parks.length} parks, ${people === 1 ? "1 person" : `${people} people`} here now.
          Rather a list? <a href="/">All channels</a>.
        </p>
        ${error && html`<p class="line line-warn" role="status">No connection to the hub: the numbers may be old.</p>`}
      </header>
      <${ParksMap} parks=${parks} />
    </div>
  `;
}
