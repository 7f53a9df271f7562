/** Reviews in the reader's order: live, without holes, and still under the reader's eyes. */
import assert from "node:assert/strict";
import test from "node:test";
import * as draft from "../../../static/feed/review-draft.js";
import * as reviews from "../../../static/feed/reviews.js";
import { applyEvent, emptyState, loadHistory } from "../../../static/feed/state.js";

const review = (id, fields = {}) => ({ id, stars: 3, helpful: 0, updated_at: "2026-01-01T00:00:00Z", ...fields });
const ids = (view, state) => reviews.shownReviews(view, state.reviews).map(({ id }) => id);

function opened(items, next = null) {
  const state = emptyState();
  loadHistory(state, { seq: 1, epoch: "e", posts: { items: [], next: null }, reviews: { items, next } });
  return state;
}

function tell(state, type, data) {
  applyEvent(state, { seq: state.seq + 1, type, data });
}

test("each order puts equals newest first", () => {
  const items = [review(4, { stars: 5 }), review(3, { stars: null }), review(2, { stars: 1, helpful: 2 }), review(1, { stars: 5 })];
  const state = opened(items);
  const expected = { newest: [4, 3, 2, 1], highest: [4, 1, 2, 3], lowest: [2, 4, 1, 3], helpful: [2, 4, 3, 1] };
  for (const [sort, order] of Object.entries(expected)) {
    assert.deepEqual(ids(reviews.firstView(sort, state.reviews), state), order, sort);
  }
});

test("what lies beyond the last page read is not shown until its page is", () => {
  const state = opened([review(9), review(8)], "more");
  const view = reviews.firstView("highest", state.reviews);
  assert.equal(reviews.isRead(view), false);
  assert.deepEqual(ids(view, state), []);
  reviews.addPage(view, state.reviews, { items: [review(5, { stars: 5 }), review(4, { stars: 4 })], next: "more" });
  assert.deepEqual(ids(view, state), [5, 4]);
  tell(state, "review.created", review(10, { stars: 5 }));
  tell(state, "review.created", review(11, { stars: 2 }));
  assert.deepEqual(ids(view, state), [10, 5, 4]);
  reviews.addPage(view, state.reviews, { items: [review(9), review(8), review(11, { stars: 2 })], next: null });
  assert.deepEqual(ids(view, state), [10, 5, 4, 9, 8, 11]);
});

test("the history is the first page of the newest", () => {
  const state = opened([review(9), review(8)], "more");
  const view = reviews.firstView("newest", state.reviews);
  tell(state, "review.updated", review(3));
  assert.deepEqual(ids(view, state), [9, 8]);
  tell(state, "review.created", review(10));
  tell(state, "review.deleted", { id: 9 });
  assert.deepEqual(ids(view, state), [10, 8]);
});

test("a vote is counted at once and moves nothing", () => {
  const items = [review(2, { helpful: 1 }), review(1)];
  const state = opened(items);
  const view = reviews.firstView("helpful", state.reviews);
  reviews.addPage(view, state.reviews, { items, next: null });
  tell(state, "review.updated", review(1, { helpful: 5 }));
  assert.deepEqual(ids(view, state), [2, 1]);
  assert.equal(reviews.shownReviews(view, state.reviews)[1].helpful, 5);
});

test("a page that comes late does not undo what an event told", () => {
  const state = opened([review(1)]);
  tell(state, "review.updated", review(1, { title: "new", updated_at: "2026-01-02T00:00:00Z" }));
  tell(state, "review.deleted", { id: 2 });
  const view = reviews.firstView("newest", state.reviews);
  reviews.addPage(view, state.reviews, { items: [review(2), review(1, { title: "old" })], next: null });
  assert.deepEqual(reviews.shownReviews(view, state.reviews).map(({ title }) => title), ["new"]);
});

test("the bars of a histogram share what there is", () => {
  const shares = reviews.starShares({ 1: 0, 2: 1, 3: 0, 4: 0, 5: 3 });
  assert.deepEqual(shares.map(({ stars, share }) => [stars, share]), [[5, 0.75], [4, 0], [3, 0], [2, 0.25], [1, 0]]);
  assert.deepEqual(reviews.starShares(undefined).map(({ share }) => share), [0, 0, 0, 0, 0]);
});

test("untouched stars are one's rating, and none are none", () => {
  assert.equal(draft.draftStars(draft.EMPTY_DRAFT, 4), 4);
  assert.equal(draft.draftStars({ ...draft.EMPTY_DRAFT, stars: "none" }, 4), null);
  assert.equal(draft.draftStars({ ...draft.EMPTY_DRAFT, stars: "2" }, 4), 2);
});

test("a form that was left as it is changes nothing", () => {
  const written = { title: "A", comment: "B", stars: null, visited_on: "2026-05-01", content: { trail: "Rim" } };
  const body = draft.bodyOf(draft.draftOf(written), 5, written.content);
  assert.deepEqual(body, written);
  assert.equal(draft.differs({ ...written, id: 7 }, body), false);
  assert.equal(draft.differs({ ...written, id: 7 }, { ...body, stars: 3 }), true);
});

test("only what may come through later is tried again", () => {
  const statuses = [0, 401, 404, 410, 422, 429, 500, 503];
  assert.deepEqual(statuses.filter(draft.mayComeThrough), [0, 429, 500, 503]);
});
