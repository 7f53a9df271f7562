/** Reads a channel's reviews page by page, in one order, and keeps which of them the reader found helpful. */
import { signal } from "@preact/signals";
import { useEffect, useMemo, useState } from "preact/hooks";
import { call, member } from "../api/session.js";
import { addPage, firstView, isRead, shownReviews } from "../feed/reviews.js";
import { toast } from "./toasts.js";

class ReviewPages {
  constructor(channel, sort) {
    this.channel = channel;
    this.sort = sort;
    this.list = channel.state.reviews;
    this.isRead = false;
    this.view = firstView(sort, this.list);
    this.status = signal("loading");
    this.voted = signal(new Set());
    this.voting = new Set();
  }

  /** What is to be shown now, in order. */
  shown() {
    return shownReviews(this.view, this.list);
  }

  /** Whether there is anything to show yet. */
  get isBegun() {
    return isRead(this.view) || this.status.value !== "loading";
  }

  /** Read the next page; the first one until that has been read. */
  async read() {
    this.status.value = "loading";
    try {
      const cursor = this.isRead ? `&cursor=${encodeURIComponent(this.view.next)}` : "";
      const { data } = await call("GET", `/api/channels/${this.channel.slug}/reviews?sort=${this.sort}${cursor}`);
      this.voted.value = new Set([...this.voted.value, ...data.voted]);
      this.channel.change(() => addPage(this.view, this.list, data));
      this.isRead = true;
      this.status.value = "idle";
    } catch {
      this.status.value = "failed";
    }
  }

  /** Say that a review was helpful, or take it back. */
  async vote(review) {
    if (this.voting.has(review.id)) return;
    this.voting.add(review.id);
    const before = this.voted.value;
    const given = before.has(review.id);
    this.#setVote(review.id, !given);
    try {
      await call(given ? "DELETE" : "PUT", `/api/reviews/${review.id}/helpful`);
      this.channel.settle();
    } catch (error) {
      this.#setVote(review.id, given);
      toast(error.message);
    }
    this.voting.delete(review.id);
  }

  #setVote(id, given) {
    const voted = new Set(this.voted.value);
    if (given) voted.add(id);
    else voted.delete(id);
    this.voted.value = voted;
  }
}

/**
 * The pages in an order. Another order, another member or a history read anew begins again; what was there stays in
 * sight until the new first page is here.
 */
export function useReviewPages(channel, sort) {
  const list = channel.view().reviews;
  const wanted = useMemo(() => new ReviewPages(channel, sort), [channel, sort, list, member.value?.username]);
  const [shown, setShown] = useState(wanted);
  useEffect(() => {
    let current = true;
    wanted.read().then(() => current && setShown(wanted));
    return () => (current = false);
  }, [wanted]);
  return wanted.isBegun ? wanted : shown;
}
