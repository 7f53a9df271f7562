/** A post or a review as the moderators' page and its author's account show it. */
import { dayAndTime } from "../feed/time.js";
import { html } from "../html.js";
import { Time } from "./clock.js";
import { PersonName } from "./person.js";
import { PlainText } from "./plain-text.js";

/** The end of a mute. */
export function Until({ at }) {
  return html`until <time datetime=${at}>${dayAndTime(at)}</time>`;
}

/** @param {{kind: "post" | "review", thing: object}} props */
export function Thing({ kind, thing }) {
  return html`
    <article class="mod-thing" aria-label=${thing.title}>
      <p class="muted">
        ${kind === "post" ? "Post" : "Review"} by <${PersonName} person=${thing.author} /> in <a href=${`/channels/${thing.channel}`}>${thing.channel}</a>,
        ${" "}<${Time} at=${thing.created_at} />${thing.stars && `, ${thing.stars} of 5 stars`}
      </p>
      <h3 class="post-title" dir="auto">${thing.title}</h3>
      <${PlainText} text=${thing.comment} />
      ${thing.hidden && html`<p class="mod-mark">Hidden <${Time} at=${thing.hidden.at} />: <bdi>${thing.hidden.reason}</bdi></p>`}
    </article>
  `;
}
