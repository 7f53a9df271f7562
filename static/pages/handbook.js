/** The camping handbook: all that the offline ranger knows, to read and to search, also without a connection. */
import { useEffect, useState } from "preact/hooks";
import { useAnchor } from "../components/anchor.js";
import { Icon } from "../components/icons.js";
import { usePolled } from "../components/poll.js";
import { Empty, ErrorBox, Loading } from "../components/states.js";
import { chapters } from "../chat/chapters.js";
import { html } from "../html.js";

const POLL_MS = 3_600_000;

export default function HandbookPage() {
  const { data, error, retry } = usePolled("/api/handbook", POLL_MS);
  const [wanted, setWanted] = useState("");
  useEffect(() => void (document.title = "Camping handbook · Frostbyte Hub"), []);
  const found = chapters(data?.items ?? [], wanted);
  return html`
    <div class="page handbook">
      <header>
        <h1>Camping handbook</h1>
        <p class="muted">
          Short and plain, for every landscape. Conditions change: check with the
          ${" "}<a href="https://www.nps.gov/" target="_blank" rel="noopener noreferrer">park service</a> before you go, and in an
          emergency call 911. <a href="/chat">Ask the ranger</a>.
        </p>
      </header>
      <label class="search">
        <span class="visually-hidden">Search the handbook</span>
        <${Icon} name="search" />
        <input type="search" placeholder="Search the handbook" value=${wanted} autocomplete="off" onInput=${(event) => setWanted(event.target.value)} />
      </label>
      ${error && !data && html`<${ErrorBox} text=${error.message} onRetry=${retry} />`}
      ${!data && !error && html`<${Loading} lines=${6} />`}
      ${data && !found.length && html`<${Empty} title="Nothing here has these words.">Try fewer or other ones.<//>`}
      ${found.map(({ subject, title, entries }) => html`
        <section key=${subject} aria-label=${title}>
          <h2>${title}</h2>
          <div class="handbook-entries">
            ${entries.map((entry) => html`<${Entry} key=${entry.id} entry=${entry} />`)}
          </div>
        </section>
      `)}
    </div>
  `;
}

function Entry({ entry }) {
  const anchor = useAnchor(entry.id);
  return html`
    <article ref=${anchor} id=${entry.id} class="panel handbook-entry">
      <h3>${entry.title}</h3>
      <p>${entry.text}</p>
      ${entry.biomes.length > 0 && html`
        <ul class="chips" aria-label="Where it matters most">${entry.biomes.map((biome) => html`<li key=${biome}>${biome}</li>`)}</ul>
      `}
    </article>
  `;
}
