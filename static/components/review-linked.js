/** A link to one review (`#review-7`) finds it, however far down the list it would be. */
import { useEffect } from "preact/hooks";
import { call } from "../api/session.js";
import { addEntry } from "../feed/state.js";
import { html } from "../html.js";
import { Review } from "./review.js";
import { toast } from "./toasts.js";

/** The review that the address names, above a list that does not show it. */
export function LinkedReview({ channel, pages, reviews }) {
  const id = Number(location.hash.match(/^#review-(\d+)$/)?.[1]);
  const isMissing = Boolean(id) && pages.isRead && !reviews.some((review) => review.id === id);
  useEffect(() => {
    if (isMissing) read(channel, id);
  }, [channel, id, isMissing]);
  const review = isMissing && channel.view().reviews.byId.get(id);
  if (!review) return null;
  return html`
    <section class="linked-review" aria-label="The review of this link">
      <${Review} channel=${channel} review=${review} voted=${pages.voted.value.has(id)} onVote=${() => pages.vote(review)} />
    </section>
  `;
}

async function read(channel, id) {
  try {
    const { data } = await call("GET", `/api/reviews/${id}`);
    if (data.channel === channel.slug && !data.hidden) channel.change((state) => addEntry(state.reviews, data));
  } catch (error) {
    toast(error.status === 404 || error.status === 410 ? "The review of this link is no longer there." : error.message);
  }
}
