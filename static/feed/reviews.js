/**
 * A channel's reviews in the reader's order, without a browser.
 *
 * All reviews that are known, from whatever page or event, are in one list of the state (see state.js); a view says in
 * which order they are read and how far down that order has been read (`edge`). What lies beyond the edge is not shown:
 * there may be others between that nobody has read yet.
 */
import { addEntry } from "./state.js";

/** The orders that there are. */
export const SORTS = [
  { id: "newest", label: "Newest first" },
  { id: "highest", label: "Most stars first" },
  { id: "lowest", label: "Fewest stars first" },
  { id: "helpful", label: "Most helpful first" },
];

const RANKS = {
  newest: (review) => review.id,
  highest: (review) => review.stars ?? 0,
  lowest: (review) => -(review.stars ?? 6),
  helpful: (review) => review.helpful,
};

const UNREAD = [Infinity, Infinity];

/**
 * @param {string} sort
 * @param {object} list `state.reviews` after a history
 * @returns {object} a view of what the history gave: all there is, in any order, or else the newest
 */
export function firstView(sort, list) {
  const view = { sort, next: null, edge: null, ranks: new Map() };
  if (list.next === null) return view;
  return sort === "newest" ? { ...view, next: list.next, edge: [list.oldest, list.oldest] } : { ...view, edge: UNREAD };
}

/** @returns {boolean} whether the view has anything of its order */
export function isRead(view) {
  return view.edge !== UNREAD;
}

/**
 * Take a page in; what an event told meanwhile is newer and stays.
 * @param {object} view
 * @param {object} list `state.reviews`
 * @param {{items: object[], next: string | null}} page in the view's order
 */
export function addPage(view, list, page) {
  for (const review of page.items) {
    addEntry(list, review);
    placeOf(view, review);
  }
  view.next = page.next;
  view.edge = page.next === null ? null : placeOf(view, page.items[page.items.length - 1]);
}

/** @returns {object[]} what the view shows, in its order */
export function shownReviews(view, list) {
  const placed = [...list.byId.values()].map((review) => ({ review, place: placeOf(view, review) }));
  const read = placed.filter(({ place }) => view.edge === null || compare(place, view.edge) >= 0);
  return read.sort((a, b) => compare(b.place, a.place)).map(({ review }) => review);
}

/** Votes are counted at once, but nothing moves for them under the reader's eyes: a review keeps its first place. */
function placeOf(view, review) {
  if (view.sort !== "helpful") return [RANKS[view.sort](review), review.id];
  if (!view.ranks.has(review.id)) view.ranks.set(review.id, RANKS.helpful(review));
  return [view.ranks.get(review.id), review.id];
}

function compare(a, b) {
  return a[0] - b[0] || a[1] - b[1];
}

/** @returns {{stars: number, count: number, share: number}[]} from five stars to one; `share` is 0 to 1 */
export function starShares(histogram) {
  const counts = [5, 4, 3, 2, 1].map((stars) => ({ stars, count: histogram?.[stars] ?? 0 }));
  const all = counts.reduce((sum, { count }) => sum + count, 0);
  return counts.map((row) => ({ ...row, share: all ? row.count / all : 0 }));
}

/** @returns {string} "1 star", "4 stars" */
export function starWords(stars) {
  return stars === 1 ? "1 star" : `${stars} stars`;
}

/** @returns {string} a date of a visit in words */
export function visitWords(date, locale = undefined) {
  const options = { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" };
  return new Date(`${date}T00:00:00Z`).toLocaleDateString(locale, options);
}
