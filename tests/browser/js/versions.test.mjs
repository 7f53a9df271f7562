/** What an edit is based on, and when it has come through already. */
import assert from "node:assert/strict";
import test from "node:test";
import { saysTheSame, versionOf } from "../../../static/feed/versions.js";

const post = { id: 7, title: "Snow", comment: "Deep", content: { tags: ["a"] }, updated_at: "2026-11-26T10:00:00.000001Z" };

test("the version of a post is its ETag", () => {
  assert.equal(versionOf(post), '"2026-11-26T10:00:00.000001Z"');
});

test("an edit whose answer was lost has come through, and another one has not", () => {
  const body = { title: "Snow", comment: "Deep", content: { tags: ["a"] } };
  assert.ok(saysTheSame(post, body));
  assert.ok(!saysTheSame(post, { ...body, comment: "Deeper" }));
  assert.ok(!saysTheSame(post, { ...body, content: {} }));
  const review = { ...post, stars: null, visited_on: null };
  assert.ok(saysTheSame(review, { ...body, stars: null, visited_on: null }));
  assert.ok(!saysTheSame(review, { ...body, stars: 3, visited_on: null }));
});
