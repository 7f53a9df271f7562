/** What everybody thinks of a channel, and one's own stars. */
import { member } from "../api/session.js";
import { starWords } from "../feed/reviews.js";
import { html } from "../html.js";
import { loginHref } from "../router.js";
import { Histogram } from "./histogram.js";
import { useMyStars } from "./rating-mine.js";
import { StarInput } from "./rating-stars.js";

/** Average, histogram, and the widget. */
export function RatingPanel({ channel }) {
  const rating = channel.view().rating;
  return html`
    <section class="rating-panel" aria-label="Ratings">
      <${Average} rating=${rating} />
      <${Histogram} histogram=${rating?.histogram} />
      ${member.value ? html`<${Mine} channel=${channel} mine=${rating?.mine ?? null} />` : html`<${Invitation} />`}
    </section>
  `;
}

function Average({ rating }) {
  const count = rating?.count ?? 0;
  return html`
    <p class="average">
      <strong class="average-number">${count ? rating.average.toFixed(1) : "–"}</strong>
      <span class="muted">${count === 0 ? "No ratings yet" : count === 1 ? "1 rating" : `${count} ratings`}</span>
    </p>
  `;
}

function Mine({ channel, mine }) {
  const store = (stars) => {
    channel.change((state) => (state.rating = { ...state.rating, mine: stars }));
    channel.settle();
  };
  const { stars, problem, choose, retry } = useMyStars(channel.slug, mine, store);
  return html`
    <div class="rating-mine">
      <h2>Your stars</h2>
      <${StarInput} label="Your stars" value=${stars} onChange=${choose} />
      <p class="muted">
        ${stars === null
          ? "Give one to five. You can change it at any time."
          : html`${starWords(stars)}. <button class="link-button" type="button" onClick=${() => choose(null)}>Remove</button>`}
      </p>
      <div role="alert">${problem && html`<${NotSaved} problem=${problem} onRetry=${retry} />`}</div>
    </div>
  `;
}

/** Why one's stars are not there yet. */
export function NotSaved({ problem, onRetry }) {
  return html`
    <p class="wrong">Not saved. ${problem.message} <button class="link-button" type="button" onClick=${onRetry}>Try again</button></p>
  `;
}

function Invitation() {
  return html`
    <div class="rating-mine">
      <h2>Have you been here?</h2>
      <p class="muted"><a href=${loginHref()}>Log in</a> to give your stars and write a review.</p>
    </div>
  `;
}
