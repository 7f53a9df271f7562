/** The tab "Reviews": what everybody thinks, one's own stars, and all reviews in the reader's order. */
import { useEffect, useState } from "preact/hooks";
import { member } from "../api/session.js";
import { EMPTY_DRAFT, isBegun } from "../feed/review-draft.js";
import { SORTS } from "../feed/reviews.js";
import { html } from "../html.js";
import { useDraft } from "./draft.js";
import { RatingPanel } from "./rating-panel.js";
import { Review } from "./review.js";
import { headingProps, useReturningFocus } from "./review-focus.js";
import { LinkedReview } from "./review-linked.js";
import { NewReview } from "./review-new.js";
import { useReviewPages } from "./review-pages.js";
import { Empty, ErrorBox, Loading } from "./states.js";

/** The tab; its component gets the open channel. */
export function Reviews({ channel }) {
  const [sort, setSort] = useState("newest");
  const pages = useReviewPages(channel, sort);
  void channel.view();
  const reviews = pages.shown();
  return html`
    <div class="reviews-scroll">
      <div class="reviews">
        <${RatingPanel} channel=${channel} />
        <div class="reviews-bar">
          <h2 ...${headingProps}>Reviews</h2>
          <${Order} sort=${sort} onSort=${setSort} />
        </div>
        ${member.value && html`<${Writing} key=${member.value.username} channel=${channel} />`}
        <${LinkedReview} channel=${channel} pages=${pages} reviews=${reviews} />
        <${List} channel=${channel} pages=${pages} reviews=${reviews} />
        <${Spoken} channel=${channel} />
      </div>
    </div>
  `;
}

function Order({ sort, onSort }) {
  return html`
    <label class="reviews-order">
      <span class="visually-hidden">Order of the reviews</span>
      <select value=${sort} onChange=${(event) => onSort(event.target.value)}>
        ${SORTS.map(({ id, label }) => html`<option key=${id} value=${id}>${label}</option>`)}
      </select>
    </label>
  `;
}

/** The form with its draft; a draft of an earlier visit is there again. */
function Writing({ channel }) {
  const { draft, isRead, change: setDraft } = useDraft(`${member.value.username}/${channel.slug}/review`, EMPTY_DRAFT);
  const [open, setOpen] = useState(false);
  const opener = useReturningFocus(open);
  if (!isRead) return null;
  if (!open) {
    return html`
      <button ref=${opener} class="button button-small reviews-write" type="button" onClick=${() => setOpen(true)}>
        ${isBegun(draft) ? "Go on with your draft" : "Write a review"}
      </button>
    `;
  }
  const mine = channel.view().rating?.mine ?? null;
  return html`
    <${NewReview} channel=${channel} mine=${mine} draft=${draft} onChange=${setDraft} onClose=${() => setOpen(false)} />
  `;
}

function List({ channel, pages, reviews }) {
  const status = pages.status.value;
  if (reviews.length === 0) {
    if (status === "failed") return html`<${ErrorBox} text="The reviews could not be loaded." onRetry=${() => pages.read()} />`;
    if (!pages.isRead) return html`<${Loading} lines=${4} />`;
    return html`<${Empty} title="No reviews yet.">Have you been here? Tell others what to expect.<//>`;
  }
  return html`
    <div class="review-rows" aria-busy=${status === "loading"}>
      ${reviews.map(
        (review) => html`
          <${Review} key=${review.id} channel=${channel} review=${review} voted=${pages.voted.value.has(review.id)}
            onVote=${() => pages.vote(review)} />
        `,
      )}
    </div>
    ${pages.view.next !== null && html`<${More} status=${status} onMore=${() => pages.read()} />`}
  `;
}

function More({ status, onMore }) {
  return html`
    <div class="older">
      ${status === "failed" && html`<p class="wrong" role="alert">More reviews could not be loaded.</p>`}
      <button class="button button-small button-quiet" type="button" aria-disabled=${status === "loading"}
        onClick=${() => status !== "loading" && onMore()}>
        ${status === "loading" ? "Loading…" : "Show more reviews"}
      </button>
    </div>
  `;
}

/** What a screen reader hears of reviews by others. */
function Spoken({ channel }) {
  const [text, setText] = useState("");
  useEffect(
    () =>
      channel.on("review.created", ({ data }) => {
        if (data.author.username !== member.peek()?.username) setText(`New review by ${data.author.name}: ${data.title}`);
      }),
    [channel],
  );
  return html`<p class="visually-hidden" aria-live="polite">${text}</p>`;
}
