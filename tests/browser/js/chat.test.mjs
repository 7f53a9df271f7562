import assert from "node:assert/strict";
import { test } from "node:test";
import { chapters } from "../../../static/chat/chapters.js";
import { mend } from "../../../static/chat/mend.js";
import { nextSentences, plainText } from "../../../static/chat/sentences.js";
import { APPLIED, applyChat, emptyChat, GAP, IGNORED, lastAnswer, shownMessages } from "../../../static/chat/state.js";
import { suggestions } from "../../../static/chat/suggestions.js";

const question = { id: 1, role: "user", text: "Bears?", status: "done", client_id: "a" };
const answer = { id: 2, role: "ranger", text: "", status: "streaming", question: 1, earlier: [] };

function begun() {
  const state = emptyChat();
  applyChat(state, { type: "welcome", conversation: { id: 9, title: "" }, messages: [], seq: 0, message_id: null, index: null, ranger: "R" });
  applyChat(state, { type: "chat.message", seq: 1, title: "Bears?", message: { ...question, updated_at: "2026-01-02" } });
  applyChat(state, { type: "chat.started", seq: 2, message_id: 2, message: answer });
  return state;
}

const piece = (index, text) => ({ type: "chat.delta", message_id: 2, index, text });
const textOf = (state) => state.messages.at(-1).text;

test("pieces become the answer, in order and once", () => {
  const state = begun();
  assert.equal(applyChat(state, piece(0, "Stay ")), APPLIED);
  assert.equal(applyChat(state, piece(0, "Stay ")), IGNORED);
  assert.equal(applyChat(state, piece(1, "calm")), APPLIED);
  assert.equal(textOf(state), "Stay calm");
  assert.deepEqual(state.conversation, { id: 9, title: "Bears?", updated_at: "2026-01-02" });
});

test("a missing piece is a gap and changes nothing", () => {
  const state = begun();
  applyChat(state, piece(0, "Stay "));
  assert.equal(applyChat(state, piece(2, "!")), GAP);
  assert.equal(textOf(state), "Stay ");
});

test("a missing change is a gap", () => {
  const state = begun();
  assert.equal(applyChat(state, { type: "chat.done", seq: 4, message_id: 2, text: "x", sources: [], finish: "stop" }), GAP);
  assert.equal(state.answering, 2);
});

test("a reconnect goes on from the welcome's index", () => {
  const state = begun();
  applyChat(state, piece(0, "Stay "));
  const messages = [question, { ...answer, text: "Stay calm" }];
  applyChat(state, { type: "welcome", conversation: { id: 9, title: "Bears?" }, messages, seq: 2, message_id: 2, index: 2 });
  assert.equal(applyChat(state, piece(1, "calm")), IGNORED);
  assert.equal(applyChat(state, piece(2, " now")), APPLIED);
  assert.equal(textOf(state), "Stay calm now");
  assert.equal(state.ranger, "R");
});

test("a snapshot that is behind does not take words back", () => {
  const state = begun();
  applyChat(state, piece(0, "Stay "));
  applyChat(state, piece(1, "calm"));
  const messages = [question, { ...answer, text: "Stay " }];
  const late = { type: "chat.snapshot", conversation: { id: 9 }, messages, seq: 2, message_id: 2, index: 1 };
  assert.equal(applyChat(state, late), IGNORED);
  assert.equal(textOf(state), "Stay calm");
});

test("every end of an answer keeps its text and frees the way", () => {
  const ends = {
    done: { type: "chat.done", finish: "stop" },
    stopped: { type: "chat.stopped" },
    failed: { type: "chat.error", code: "quota", message: "Later." },
    interrupted: { type: "chat.error", code: "interrupted", message: "Restarted." },
  };
  for (const [status, frame] of Object.entries(ends)) {
    const state = begun();
    applyChat(state, { ...frame, seq: 3, message_id: 2, text: "Stay", sources: [] });
    assert.equal(state.answering, null);
    assert.equal(state.messages.at(-1).status, status);
    assert.equal(textOf(state), "Stay");
    assert.equal(applyChat(state, piece(1, "late")), IGNORED);
  }
});

test("an answer given again takes the place of the earlier one", () => {
  const state = begun();
  applyChat(state, { type: "chat.done", seq: 3, message_id: 2, text: "Old", sources: [], finish: "stop" });
  const again = { ...answer, id: 3, earlier: [{ id: 2, text: "Old", status: "done" }] };
  applyChat(state, { type: "chat.started", seq: 4, message_id: 3, message: again });
  assert.deepEqual(state.messages.map((message) => message.id), [1, 3]);
  assert.equal(lastAnswer(state).earlier[0].text, "Old");
});

test("an edited question drops what came after it", () => {
  const state = begun();
  applyChat(state, { type: "chat.removed", seq: 3, message_ids: [2] });
  applyChat(state, { type: "chat.message", seq: 4, title: "Bears?", message: { ...question, text: "Moose?" } });
  assert.deepEqual(state.messages.map((message) => message.text), ["Moose?"]);
  assert.equal(state.answering, null);
});

test("a deleted conversation is gone", () => {
  const state = begun();
  applyChat(state, { type: "chat.deleted", seq: 3 });
  assert.equal(state.gone, true);
  assert.deepEqual(state.messages, []);
});

test("a question on its way is shown until the hub's own comes", () => {
  const state = emptyChat();
  const unsent = { text: "Bears?", client_id: "a", status: "sending" };
  assert.equal(shownMessages(state, unsent)[0].pending, true);
  state.messages = [question];
  assert.equal(shownMessages(state, unsent).length, 1);
});

test("sentences are spoken whole, and the rest at the end", () => {
  const first = nextSentences("Stay calm. Back a", 0, false);
  assert.deepEqual(first, { spoken: "Stay calm.", upTo: 10 });
  assert.deepEqual(nextSentences("Stay calm. Back a", first.upTo, false), { spoken: "", upTo: 10 });
  assert.equal(nextSentences("Stay calm. Back away", first.upTo, true).spoken, "Back away");
  assert.equal(nextSentences("Carry 1.5 litres", 0, false).spoken, "");
});

test("what is spoken has no Markdown in it", () => {
  assert.equal(plainText("## **Bears** and [rules](https://x.y)\n- one\n- `two`\n\\*no\\*"), "Bears and rules one two *no*");
});

test("the open end of Markdown is closed", () => {
  assert.equal(mend("call **911"), "call **911**");
  assert.equal(mend("call **"), "call ");
  assert.equal(mend("an *open"), "an *open*");
  assert.equal(mend("see [the park](https://nps"), "see the park");
  assert.equal(mend("see [the pa"), "see the pa");
  assert.equal(mend("run `hub"), "run `hub`");
  assert.equal(mend("```\ncode"), "```\ncode\n```");
  assert.equal(mend("all **good** here"), "all **good** here");
  assert.equal(mend("* a list\n* of *two"), "* a list\n* of *two*");
});

test("each channel has questions of its own, never more than four", () => {
  const denali = { slug: "denali", name: "Denali", park: { states: ["AK"], activities: ["Backcountry Camping"] } };
  assert.ok(suggestions(denali).includes("What is camping on the tundra like?"));
  assert.notDeepEqual(suggestions({ slug: "desert", park: null }), suggestions(null));
  for (const channel of [null, denali, { slug: "faq", park: null }]) assert.equal(suggestions(channel).length, 4);
});

test("the handbook is found by its words, subject by subject", () => {
  const entries = [
    { id: "tent", title: "Tents", topics: ["gear", "shelter"], biomes: [], text: "Pitch it at home." },
    { id: "lost", title: "Lost", topics: ["emergency"], biomes: ["tundra"], text: "Stop, think." },
  ];
  assert.deepEqual(chapters(entries, "").map(({ subject }) => subject), ["emergency", "gear"]);
  assert.deepEqual(chapters(entries, "PITCH shelter").map(({ entries: [entry] }) => entry.id), ["tent"]);
  assert.deepEqual(chapters(entries, "tundra tent"), []);
  assert.deepEqual(chapters(entries, "pítch shélter").map(({ entries: [entry] }) => entry.id), ["tent"]);
});
