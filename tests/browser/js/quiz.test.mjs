/** A quiz under way: forward, back, changed, and kept over a reload. */
import assert from "node:assert/strict";
import test from "node:test";
import * as quiz from "../../../static/feed/quiz.js";

const questions = ["one", "two", "three"].map((id) => ({ id, answers: [{ id: "a" }, { id: "b" }] }));
const result = { id: 7, answers: { one: "a", two: "b", three: "a" }, park: { slug: "denali", name: "Denali" } };
const answered = (...answers) => answers.reduce((state, answer) => quiz.choose(state, questions, answer), quiz.begin());

test("each answer goes to its question, and the last one to the end", () => {
  const state = answered("a", "b", "a");
  assert.equal(state.at, 3);
  assert.deepEqual(state.answers, { one: "a", two: "b", three: "a" });
});

test("going back keeps what was answered, and another answer replaces it", () => {
  let state = quiz.back(answered("a", "b"));
  assert.equal(state.at, 1);
  assert.equal(state.answers.two, "b");
  state = quiz.choose(state, questions, "a");
  assert.deepEqual(state.answers, { one: "a", two: "a" });
  for (let step = 0; step < 9; step++) state = quiz.back(state);
  assert.equal(state.at, -1);
});

test("a reload goes on where it was", () => {
  for (const state of [quiz.FRESH, quiz.begin(), answered("a"), answered("a", "b", "b"), quiz.show(quiz.FRESH, questions, result)]) {
    assert.deepEqual(quiz.restore(JSON.stringify(state), questions), state);
  }
});

test("what was kept for other questions, or is no quiz at all, does no harm", () => {
  for (const text of [null, "", "{", "3", "[]", '{"at":2}', '{"at":"x","answers":{}}', '{"at":0,"answers":null}']) {
    assert.equal(quiz.restore(text, questions).at <= 0, true, text);
  }
  const old = JSON.stringify({ ...answered("a", "b", "a"), answers: { one: "a", two: "gone", four: "a" } });
  const state = quiz.restore(old, questions);
  assert.deepEqual([state.at, state.answers], [1, { one: "a" }]);
});

test("changing a result starts from its answers and replaces it", () => {
  const state = quiz.change(quiz.show(quiz.FRESH, questions, result));
  assert.deepEqual([state.at, state.answers, state.replaces, state.result], [0, result.answers, 7, null]);
  assert.equal(quiz.show(state, questions, result).replaces, null);
});
