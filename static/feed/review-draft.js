/**
 * A review being written. All its fields are texts, as in a form: `stars` is "" while untouched (then they are one's
 * rating), "none" or a number. `client_id` is given at the first try to send it, which makes trying again harmless.
 */

/** Nothing written. */
export const EMPTY_DRAFT = { title: "", comment: "", stars: "", visited_on: "", client_id: "" };

/** @returns {boolean} whether there is anything to keep */
export function isBegun(draft) {
  return Boolean(draft.title.trim() || draft.comment.trim() || draft.visited_on);
}

/** @returns {object} the draft of a review that is to be changed */
export function draftOf(review) {
  const { title, comment } = review;
  return { ...EMPTY_DRAFT, title, comment, stars: review.stars ? String(review.stars) : "none", visited_on: review.visited_on ?? "" };
}

/** @returns {number | null} the stars that the form shows */
export function draftStars(draft, mine) {
  if (draft.stars === "") return mine ?? null;
  return draft.stars === "none" ? null : Number(draft.stars);
}

/** @returns {object} what is sent, without `client_id` */
export function bodyOf(draft, mine, content = {}) {
  return {
    title: draft.title.trim(),
    comment: draft.comment.trim(),
    content,
    stars: draftStars(draft, mine),
    visited_on: draft.visited_on || null,
  };
}

/** @returns {Record<string, string>} what is missing, by field */
export function missingIn(draft) {
  const missing = {};
  if (!draft.title.trim()) missing.title = "Give it a title.";
  if (!draft.comment.trim()) missing.comment = "Write a few words.";
  return missing;
}

/** @returns {boolean} whether the review that the hub has says something else than what was sent */
export function differs(review, body) {
  return ["title", "comment", "stars", "visited_on"].some((field) => review[field] !== body[field]);
}

/** @returns {boolean} whether it makes sense to try again later without changing anything */
export function mayComeThrough(status) {
  return status === 0 || status === 429 || status >= 500;
}
