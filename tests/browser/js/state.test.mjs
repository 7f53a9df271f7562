/** The feed's rules: each event once, nothing missing, nothing twice, whatever order answers come in. */
import assert from "node:assert/strict";
import test from "node:test";
import * as feed from "../../../static/feed/state.js";

const AT = "2026-01-01T00:00:00Z";
const LATER = "2026-01-01T00:00:05Z";
const post = (id, fields = {}) => ({ id, title: `Post ${id}`, updated_at: AT, client_id: `c${id}`, ...fields });
const page = (ids, next = null) => ({ items: ids.map((id) => post(id)), next });
const history = (seq, ids, fields = {}) => ({ seq, epoch: "e", posts: page(ids), reviews: page([]), rating: null, locations: [], ...fields });
const event = (seq, type, data) => ({ seq, type, data });
const shown = (state) => feed.shownEntries(state.posts).map(({ id }) => id);

function opened(seq = 5, ids = [2, 1], fields = {}) {
  const state = feed.emptyState();
  assert.equal(feed.loadHistory(state, history(seq, ids, fields)), true);
  return state;
}

test("an event is applied once", () => {
  const state = opened();
  assert.equal(feed.applyEvent(state, event(6, "post.created", post(3))), feed.APPLIED);
  assert.equal(feed.applyEvent(state, event(6, "post.created", post(3))), feed.IGNORED);
  assert.equal(feed.applyEvent(state, event(4, "post.deleted", { id: 1 })), feed.IGNORED);
  assert.deepEqual(shown(state), [1, 2, 3]);
  assert.equal(state.seq, 6);
});

test("a jump in the numbers changes nothing and is told", () => {
  const state = opened();
  assert.equal(feed.applyEvent(state, event(7, "post.created", post(3))), feed.GAP);
  assert.deepEqual(shown(state), [1, 2]);
  assert.equal(state.seq, 5);
});

test("a tombstone counts and says nothing", () => {
  const state = opened();
  assert.equal(feed.applyEvent(state, { seq: 6, type: "tombstone" }), feed.APPLIED);
  assert.equal(state.seq, 6);
  assert.deepEqual(shown(state), [1, 2]);
});

test("an update of something never seen shows it as it is now", () => {
  const state = opened();
  feed.applyEvent(state, { seq: 6, type: "tombstone" });
  feed.applyEvent(state, event(7, "post.updated", post(3, { title: "Mended" })));
  assert.equal(state.posts.byId.get(3).title, "Mended");
});

test("a history that is older than what is known changes nothing", () => {
  const state = opened();
  feed.applyEvent(state, event(6, "post.created", post(3)));
  assert.equal(feed.loadHistory(state, history(5, [2, 1])), false);
  assert.deepEqual(shown(state), [1, 2, 3]);
});

test("a history of another log replaces everything, also with a lower number", () => {
  const state = opened();
  assert.equal(feed.loadHistory(state, history(1, [9], { epoch: "restored" })), true);
  assert.deepEqual(shown(state), [9]);
  assert.deepEqual([state.seq, state.epoch], [1, "restored"]);
});

test("a history of another log under the same epoch replaces everything once the log is in doubt", () => {
  const state = opened(9, [2, 1], { mark: "m9" });
  assert.equal(feed.loadHistory(state, history(8, [7], { mark: "other" })), false);
  feed.doubt(state);
  assert.equal(feed.applyEvent(state, event(10, "post.created", post(3))), feed.GAP);
  assert.equal(feed.loadHistory(state, history(8, [7], { mark: "other" })), true);
  assert.deepEqual([shown(state), state.seq, state.mark], [[7], 8, "other"]);
});

test("a history with another mark at the same number replaces everything", () => {
  const state = opened(9, [2, 1], { mark: "m9" });
  feed.loadHistory(state, history(9, [7], { mark: "other" }));
  assert.deepEqual([shown(state), state.mark], [[7], "other"]);
});

test("the mark is that of the newest event", () => {
  const state = opened(5, [], { mark: "m5" });
  feed.applyEvent(state, { ...event(6, "post.created", post(3)), mark: "m6" });
  assert.equal(state.mark, "m6");
  feed.applyEvent(state, event(7, "post.created", post(4)));
  assert.equal(state.mark, null);
});

test("a heartbeat with another mark, or from before, says that the log is another one", () => {
  const state = opened(5, [], { mark: "m5" });
  assert.equal(feed.disagrees(state, { seq: 5, mark: "m5" }), false);
  assert.equal(feed.disagrees(state, { seq: 5 }), false);
  assert.equal(feed.disagrees(state, { seq: 5, mark: "other" }), true);
  assert.equal(feed.disagrees(state, { seq: 4, mark: "m4" }), true);
  assert.equal(feed.disagrees(opened(5, []), { seq: 5, mark: "m5" }), false);
});

const by = (username, name, fields = {}) => ({ author: { username, name }, ...fields });
const authors = (list) => [...list.byId.values()].map(({ author }) => author);
const ADA = { username: "ada", name: "Ada Lovelace" };

test("a member's new name is in all that the member wrote, and in nothing else", () => {
  const state = opened(5, []);
  feed.applyEvent(state, event(6, "post.created", post(3, by("ada", "Ada"))));
  feed.applyEvent(state, event(7, "post.created", post(4, by("ben", "Ada"))));
  feed.applyEvent(state, event(8, "review.created", post(3, by("ada", "Ada"))));
  feed.applyEvent(state, event(9, "member.updated", ADA));
  assert.deepEqual(authors(state.posts), [ADA, { username: "ben", name: "Ada" }]);
  assert.deepEqual(authors(state.reviews), [ADA]);
});

test("an older page that was read before has the new name as well", () => {
  const state = opened(5, []);
  feed.applyEvent(state, event(6, "member.updated", ADA));
  feed.loadOlder(state.posts, { items: [post(3, by("ada", "Ada"))], next: null });
  feed.addEntry(state.reviews, post(3, by("ada", "Ada")));
  assert.deepEqual([...authors(state.posts), ...authors(state.reviews)], [ADA, ADA]);
});

test("what somebody who left wrote stays, without the name and with no stars", () => {
  const state = opened(5, []);
  feed.applyEvent(state, event(6, "post.created", post(3, by("ada", "Ada"))));
  feed.applyEvent(state, event(7, "review.created", post(3, by("ada", "Ada", { stars: 4 }))));
  feed.applyEvent(state, event(8, "review.created", post(4, by("ben", "Ben", { stars: 4 }))));
  const nobody = { username: null, name: "former member" };
  feed.applyEvent(state, event(9, "member.updated", { ...nobody, posts: [3] }));
  feed.applyEvent(state, event(10, "member.updated", { ...nobody, reviews: [3, 9] }));
  feed.addEntry(state.reviews, post(9, by("ada", "Ada", { stars: 4 })));
  assert.deepEqual(state.posts.byId.get(3), post(3, by(null, "former member", { client_id: null })));
  for (const id of [3, 9]) {
    assert.deepEqual(state.reviews.byId.get(id), post(id, by(null, "former member", { client_id: null, stars: null })));
  }
  assert.equal(state.reviews.byId.get(4).stars, 4);
});

test("older pages are added without holes: what lies below the oldest page is not shown", () => {
  const state = opened(50, [40, 39], { posts: page([40, 39], "cursor") });
  feed.applyEvent(state, event(51, "post.updated", post(7, { updated_at: LATER })));
  assert.deepEqual(shown(state), [39, 40]);
  feed.loadOlder(state.posts, page([38, 7], null));
  assert.deepEqual(shown(state), [7, 38, 39, 40]);
});

test("an older page does not undo what an event told meanwhile", () => {
  const state = opened(50, [40], { posts: page([40], "cursor") });
  feed.applyEvent(state, event(51, "post.updated", post(38, { title: "Newer", updated_at: LATER })));
  feed.applyEvent(state, event(52, "post.deleted", { id: 37 }));
  feed.loadOlder(state.posts, page([38, 37, 36]));
  assert.deepEqual(shown(state), [36, 38, 40]);
  assert.equal(state.posts.byId.get(38).title, "Newer");
});

test("one's own post is one row: on its way, answered and told by its event in any order", () => {
  const entry = { client_id: "mine", title: "Hello", status: "sending" };
  const real = post(3, { client_id: "mine" });
  const rows = (state) => feed.visiblePosts(state, [entry]).map(({ client_id, pending }) => [client_id, Boolean(pending)]);
  const state = opened(5, []);
  assert.deepEqual(rows(state), [["mine", true]]);
  feed.addEntry(state.posts, real);
  assert.deepEqual(rows(state), [["mine", false]]);
  feed.applyEvent(state, event(6, "post.created", real));
  assert.deepEqual(rows(state), [["mine", false]]);
});

test("the average moves and one's own stars stay", () => {
  const state = opened(5, [], { rating: { average: 4, count: 1, histogram: {}, mine: 4 } });
  feed.applyEvent(state, event(6, "rating.updated", { average: 3, count: 2, histogram: {} }));
  assert.deepEqual(state.rating, { average: 3, count: 2, histogram: {}, mine: 4 });
});

test("people and places are the newest of each", () => {
  const state = opened();
  feed.applyEvent(state, { type: "location.updated", data: { username: "ada", latitude: 1 } });
  feed.applyEvent(state, { type: "location.updated", data: { username: "ada", latitude: 2 } });
  assert.equal(state.locations.get("ada").latitude, 2);
  feed.applyEvent(state, { type: "location.removed", data: { username: "ada" } });
  assert.equal(state.locations.size, 0);
  feed.applyEvent(state, { type: "presence.changed", data: { members: ["ben"], guests: 2, count: 3 } });
  assert.equal(state.presence.count, 3);
  assert.equal(state.seq, 5);
});

test("a welcome brings who is where, and says whether the history must be read again", () => {
  const state = opened();
  const welcome = { recovered: true, presence: { members: [], guests: 1, count: 1 }, locations: [{ username: "ada" }] };
  assert.equal(feed.applyWelcome(state, welcome), false);
  assert.equal(feed.applyWelcome(state, { ...welcome, recovered: false }), true);
  assert.deepEqual([...state.locations.keys()], ["ada"]);
});

test("state and events are the fresh state, from any earlier history", () => {
  const events = [
    event(1, "post.created", post(1)),
    event(2, "post.created", post(2)),
    event(3, "post.updated", post(1, { title: "Mended", updated_at: LATER })),
    event(4, "post.deleted", { id: 2 }),
    event(5, "rating.updated", { average: 5, count: 1, histogram: {} }),
    event(6, "post.created", post(3)),
  ];
  const end = replay(opened(0, []), events);
  for (let start = 0; start <= events.length; start += 1) {
    const before = replay(opened(0, []), events.slice(0, start));
    assert.deepEqual(shown(replay(before, events)), shown(end), `from ${start}`);
  }
  assert.deepEqual(shown(end), [1, 3]);
  assert.equal(end.posts.byId.get(1).title, "Mended");
});

function replay(state, events) {
  for (const one of events) feed.applyEvent(state, one);
  return state;
}
