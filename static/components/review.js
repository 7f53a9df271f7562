/** One review: as it is, or being changed. */
import { useState } from "preact/hooks";
import { isModerator, member } from "../api/session.js";
import { visitWords } from "../feed/reviews.js";
import { exactTime } from "../feed/time.js";
import { html } from "../html.js";
import { useAnchor } from "./anchor.js";
import { Avatar } from "./avatar.js";
import { Time } from "./clock.js";
import { Icon } from "./icons.js";
import { Moderate } from "./moderate.js";
import { PersonName } from "./person.js";
import { PlainText } from "./plain-text.js";
import { GivenStars } from "./rating-stars.js";
import { ReviewDeletion } from "./review-delete.js";
import { useReturningFocus } from "./review-focus.js";
import { ReviewEditor } from "./review-form.js";

/** A row of the list. */
export function Review({ channel, review, voted, onVote }) {
  const [editing, setEditing] = useState(false);
  const editButton = useReturningFocus(editing);
  const name = `review-${review.id}`;
  const anchor = useAnchor(name);
  return html`
    <article ref=${anchor} id=${name} class="review" aria-label=${`${review.author.name}: ${review.title}`}>
      <header class="review-head">
        <${Avatar} name=${review.author.name} username=${review.author.username} />
        <div>
          <${Meta} review=${review} />
          <${Facts} review=${review} />
        </div>
      </header>
      ${editing
        ? html`<${ReviewEditor} channel=${channel} review=${review} onDone=${() => setEditing(false)} />`
        : html`
            <h3 class="post-title" dir="auto">${review.title}</h3>
            <${PlainText} text=${review.comment} />
            <${Foot} channel=${channel} review=${review} voted=${voted} onVote=${onVote} editButton=${editButton}
              onEdit=${() => setEditing(true)} />
          `}
    </article>
  `;
}

function Meta({ review }) {
  return html`
    <p class="post-meta">
      <${PersonName} person=${review.author} className="post-author" />
      <span class="muted">
        <${Time} at=${review.created_at} />
        ${review.edited && html` · <span title=${exactTime(review.updated_at)}>edited</span>`}
      </span>
    </p>
  `;
}

function Facts({ review }) {
  if (review.stars === null && !review.visited_on) return null;
  return html`
    <p class="review-facts">
      ${review.stars !== null && html`<${GivenStars} stars=${review.stars} />`}
      ${review.visited_on && html`<span class="muted">Visited on ${visitWords(review.visited_on)}</span>`}
    </p>
  `;
}

function Foot({ channel, review, voted, onVote, editButton, onEdit }) {
  const [asking, setAsking] = useState(false);
  const who = member.value;
  const isMine = Boolean(who) && review.author.username === who.username;
  return html`
    <footer class="review-foot">
      ${who && !isMine
        ? html`<${Helpful} review=${review} voted=${voted} onVote=${onVote} />`
        : review.helpful > 0 && html`<span class="muted">${helpfulWords(review.helpful)}</span>`}
      ${(isMine || isModerator(who)) &&
      html`
        <span class="review-actions">
          <button ref=${editButton} class="icon-button" type="button" aria-label="Edit this review" title="Edit" onClick=${onEdit}>
            <${Icon} name="edit" />
          </button>
          <button class="icon-button" type="button" aria-label="Delete this review" title="Delete" onClick=${() => setAsking(true)}>
            <${Icon} name="trash" />
          </button>
        </span>
      `}
      <${Moderate} kind="review" thing=${review} />
      ${asking && html`<${ReviewDeletion} channel=${channel} review=${review} isMine=${isMine} onClose=${() => setAsking(false)} />`}
    </footer>
  `;
}

function helpfulWords(count) {
  return count === 1 ? "1 person found this helpful" : `${count} people found this helpful`;
}

function Helpful({ review, voted, onVote }) {
  return html`
    <button class="helpful" type="button" aria-pressed=${voted} onClick=${onVote}>
      Helpful <span class="helpful-count">${review.helpful}</span>
      <span class="visually-hidden">${review.helpful === 1 ? "vote" : "votes"}</span>
    </button>
  `;
}
