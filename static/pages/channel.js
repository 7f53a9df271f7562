/** A channel's page: what it is, its tabs, who is here. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { peopleIn, stateName } from "../feed/catalogue.js";
import { OpenChannel } from "../feed/channel.js";
import { Aside } from "../components/channel-aside.js";
import { ConnectionLine } from "../components/connection-line.js";
import { Icon } from "../components/icons.js";
import { Ridge } from "../components/ridge.js";
import { Rating } from "../components/stars.js";
import { ErrorBox, Loading, NotFound } from "../components/states.js";
import { html } from "../html.js";
import { TABS } from "./tabs.js";

export default function ChannelPage({ params, query }) {
  const channel = useMemo(() => new OpenChannel(params.slug), [params.slug]);
  useEffect(() => {
    channel.open();
    return () => channel.close();
  }, [channel]);
  const [folded, setFolded] = useState(true);
  useTitle(channel);
  if (channel.error.value?.status === 404) return html`<${NotFound} what="There is no such channel." why="It was closed, or the address is not whole." />`;
  const about = channel.view().channel;
  return html`
    <div class="channel">
      <${Heading} channel=${channel} about=${about} folded=${folded} onFold=${() => setFolded(!folded)} />
      <${Body} channel=${channel} about=${about} query=${query} folded=${folded} />
    </div>
  `;
}

function useTitle(channel) {
  const name = channel.view().channel?.name;
  useEffect(() => void (document.title = `${name || "Channel"} · Frostbyte Hub`), [name]);
}

function Heading({ channel, about, folded, onFold }) {
  const { presence, rating } = channel.view();
  const people = peopleIn(presence);
  return html`
    <header class="channel-head">
      <${Ridge} slug=${channel.slug} stretched=${true} />
      <div class="channel-title">
        <h1>${about ? about.name : "…"}</h1>
        <p>
          ${about?.park && html`<span>${about.park.states.map(stateName).join(", ")}</span>`}
          <${Rating} rating=${rating} />
          ${people > 0 && html`<span class="here"><${Icon} name="people" />${people} here</span>`}
        </p>
        <button class="button button-small button-quiet aside-toggle" type="button" aria-expanded=${!folded}
          aria-controls="channel-aside" onClick=${onFold}>${folded ? "Who is here" : "Close"}</button>
      </div>
    </header>
  `;
}

function Body({ channel, about, query, folded }) {
  if (!channel.loaded.value) {
    const error = channel.error.value;
    return error
      ? html`<${ErrorBox} text=${error.message} onRetry=${() => channel.refresh()} />`
      : html`<${Loading} lines=${6} />`;
  }
  const tabs = TABS.filter((tab) => !tab.when || tab.when(about));
  const shown = tabs.find((tab) => tab.id === query.tab) ?? tabs[0];
  return html`
    ${tabs.length > 1 && html`<${Tabs} slug=${channel.slug} tabs=${tabs} shown=${shown} />`}
    <div class="channel-body">
      <section class="channel-main" aria-label=${shown.label}>
        <${ConnectionLine} channel=${channel} />
        <${shown.component} key=${shown.id} channel=${channel} />
      </section>
      <${Aside} channel=${channel} about=${about} folded=${folded} />
    </div>
  `;
}

/** Links, not buttons: each tab has its address. */
function Tabs({ slug, tabs, shown }) {
  return html`
    <nav class="tabs" aria-label="Parts of this channel">
      ${tabs.map(
        ({ id, label }) => html`
          <a href=${id === tabs[0].id ? `/channels/${slug}` : `/channels/${slug}?tab=${id}`}
            aria-current=${id === shown.id ? "page" : null}>${label}</a>
        `,
      )}
    </nav>
  `;
}
