/** Beside the feed: who is here, and what the park is. On a narrow page it folds. */
import { html } from "../html.js";
import { member } from "../api/session.js";
import { authorsIn } from "../feed/names.js";
import { Avatar } from "./avatar.js";
import { PersonName } from "./person.js";

const SHOWN_ACTIVITIES = 8;

/** The column; closed until asked for where there is no room. */
export function Aside({ channel, about, folded }) {
  return html`
    <aside id="channel-aside" class=${folded ? "channel-aside folded" : "channel-aside"} aria-label="About this channel">
      <${Here} presence=${channel.view().presence} authors=${authorsIn(channel.view())} />
      ${about?.park ? html`<${Park} park=${about.park} />` : html`<${Topic} about=${about} />`}
    </aside>
  `;
}

function Here({ presence, authors }) {
  const { members, guests } = presence;
  const more = Math.max(0, (presence.count ?? 0) - members.length - guests);
  return html`
    <section>
      <h2>Here now</h2>
      <ul class="people">
        ${members.map(
          (username) => html`<${Person} key=${username} person=${personOf(username, authors)} />`,
        )}
        ${more > 0 && html`<li class="muted">and ${more} more</li>`}
        ${guests > 0 && html`<li class="muted">${guests === 1 ? "1 guest" : `${guests} guests`}</li>`}
      </ul>
    </section>
  `;
}

function personOf(username, authors) {
  return username === member.value?.username ? member.value : (authors.get(username) ?? { name: username, username });
}

function Person({ person }) {
  return html`
    <li>
      <${Avatar} name=${person.name} username=${person.username} />
      <${PersonName} person=${person} />${person.username === member.value?.username && html` <span class="muted">you</span>`}
    </li>
  `;
}

function Park({ park }) {
  return html`
    <section>
      <h2>About the park</h2>
      <p>${park.full_name}</p>
      <ul class="chips">
        ${park.activities.slice(0, SHOWN_ACTIVITIES).map((activity) => html`<li key=${activity}>${activity}</li>`)}
      </ul>
      <p><a href=${`https://www.nps.gov/${park.code}/`} target="_blank" rel="noopener noreferrer">Official park page</a></p>
    </section>
  `;
}

function Topic({ about }) {
  if (!about?.description) return null;
  return html`<section><h2>About</h2><p>${about.description}</p></section>`;
}
