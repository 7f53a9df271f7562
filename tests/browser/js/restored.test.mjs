/** What a moderator hides goes, whatever answer comes late; what is restored comes back. */
import assert from "node:assert/strict";
import test from "node:test";
import * as feed from "../../../static/feed/state.js";

const post = (id) => ({ id, title: `Post ${id}`, updated_at: "2026-01-01T00:00:00Z" });
const history = (seq, ids, next = null) => ({
  seq,
  epoch: "e",
  posts: { items: ids.map(post), next },
  reviews: { items: [], next: null },
});
const event = (seq, type, data) => ({ seq, type, data });
const shown = (state) => feed.shownEntries(state.posts).map((entry) => entry.id);

function opened() {
  const state = feed.emptyState();
  feed.loadHistory(state, history(5, [2, 1]));
  return state;
}

test("a hidden post goes and a late answer does not bring it back", () => {
  const state = opened();
  feed.applyEvent(state, event(6, "post.deleted", { id: 1 }));
  feed.addEntry(state.posts, post(1));
  assert.deepEqual(shown(state), [2]);
});

test("a restored post comes back, and so do later answers about it", () => {
  const state = opened();
  feed.applyEvent(state, event(6, "post.deleted", { id: 1 }));
  feed.applyEvent(state, event(7, "post.created", post(1)));
  assert.deepEqual(shown(state), [1, 2]);
  feed.addEntry(state.posts, { ...post(1), title: "Edited", updated_at: "2026-01-02T00:00:00Z" });
  assert.equal(state.posts.byId.get(1).title, "Edited");
});

test("a post that was restored while the page was away is in the history that it reads", () => {
  const state = opened();
  feed.applyEvent(state, event(6, "post.deleted", { id: 1 }));
  feed.loadHistory(state, history(5_000, [2, 1]));
  assert.deepEqual(shown(state), [1, 2]);
});

test("a post that went after the history was read stays away", () => {
  const state = opened();
  feed.removeEntry(state.posts, 2);
  feed.loadHistory(state, history(6, [2, 1]));
  assert.deepEqual(shown(state), [1]);
});
