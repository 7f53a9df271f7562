/** Beside the feed: who is here, and what the park is. On a narrow page it folds. */
import { html } from "../html.js";
import { member } from "../api/session.js";
import { namesIn } from "../feed/names.js";
import { Avatar } from "./avatar.js";

const SHOWN_ACTIVITIES = 8;

/** The column; closed until asked for where there is no room. */
export function Aside({ channel, about, folded }) {
  return html`
    <aside id="channel-aside" class=${folded ? "channel-aside folded" : "channel-aside"} aria-label="About this channel">
      <${Here} presence=${channel.view().presence} names=${namesIn(channel.view())} />
      ${about?.park ? html`<${Park} park=${about.park} />` : html`<${Topic} about=${about} />`}
    </aside>
  `;
}

function Here({ presence, names }) {
  const { members, guests } = presence;
  const more = Math.max(0, (presence.count ?? 0) - members.length - guests);
  return html`
    <section>
      <h2>Here now</h2>
      <ul class="people">
        ${members.map(
          (username) => html`<${Person} key=${username} username=${username} name=${nameOf(username, names)} />`,
        )}
        ${more > 0 && html`<li class="muted">and ${more} more</li>`}
        ${guests > 0 && html`<li class="muted">${guests === 1 ? "1 guest" : `${guests} guests`}</li>`}
      </ul>
    </section>
  `;
}

function nameOf(username, names) {
  return username === member.value?.username ? member.value.name : (names.get(username) ?? username);
}

function Person({ username, name }) {
  return html`
    <li title=${`@${username}`}>
      <${Avatar} name=${name} /> ${name}${username === member.value?.username && html` <span class="muted">you</span>`}
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
