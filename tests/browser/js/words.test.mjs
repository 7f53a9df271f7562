/** What the feed says in words, what waits in the outbox, what is searched: pure rules. */
import assert from "node:assert/strict";
import test from "node:test";
import { filterGroups, peopleIn } from "../../../static/feed/catalogue.js";
import { authorsIn, calledInText } from "../../../static/feed/names.js";
import { afterAnswer, afterReload, newEntry, nextToSend } from "../../../static/feed/outbox.js";
import { connectionLine } from "../../../static/feed/status.js";
import { linkify } from "../../../static/feed/text.js";
import { dayName, relativeTime } from "../../../static/feed/time.js";
import { hasWritten, noteWriter, stillWriting, typingLine } from "../../../static/feed/typing.js";
import { isAtEnd, spoken, unseen } from "../../../static/feed/unread.js";
import { matchRoute } from "../../../static/routes.js";

const entry = (status = "waiting") => ({ ...newEntry("denali", { title: "Snow", comment: "Deep" }, "c1", "now"), status });

test("an entry leaves the outbox when the hub has it, and only then", () => {
  assert.equal(afterAnswer(entry(), { status: 201 }), null);
  assert.equal(afterAnswer(entry(), { status: 200 }), null);
  assert.equal(afterAnswer(entry(), { status: 410 }), null);
  for (const status of [0, 429, 500, 503]) assert.equal(afterAnswer(entry("sending"), { status }).status, "waiting");
  const refused = afterAnswer(entry("sending"), { status: 422, detail: "title: too long" });
  assert.deepEqual([refused.status, refused.error, refused.title], ["failed", "title: too long", "Snow"]);
});

test("what a reload found half-way is sent again, one at a time and in order", () => {
  const entries = afterReload([entry("sending"), { ...entry(), client_id: "c2" }]);
  assert.equal(nextToSend(entries).client_id, "c1");
  assert.equal(nextToSend([entry("sending"), entry()]), undefined);
  assert.equal(nextToSend([entry("failed"), { ...entry(), client_id: "c2" }]).client_id, "c2");
});

test("a writer is shown for five seconds, and gone with the post", () => {
  let writers = noteWriter(new Map(), "ada", 0);
  writers = noteWriter(writers, "ben", 1_000);
  assert.deepEqual([...stillWriting(writers, 5_500).keys()], ["ben"]);
  assert.deepEqual([...hasWritten(writers, "ben").keys()], ["ada"]);
  assert.equal(typingLine(["ada", "ben", "cid", "dee"]), "ada, ben and 2 more are writing…");
  assert.equal(typingLine([]), "");
});

test("news are others' posts since one looked, spoken as one sentence", () => {
  const posts = [1, 2, 3].map((id) => ({ id, title: `T${id}`, author: { username: id === 2 ? "me" : "ada", name: "Ada" } }));
  assert.deepEqual(unseen(posts, 1, "me").map(({ id }) => id), [3]);
  assert.equal(spoken(posts.slice(2)), "Ada: T3");
  assert.equal(spoken(posts), "3 new posts");
  assert.equal(isAtEnd({ scrollTop: 0, clientHeight: 500, scrollHeight: 590 }), true);
  assert.equal(isAtEnd({ scrollTop: 0, clientHeight: 500, scrollHeight: 700 }), false);
});

test("times are told as people tell them", () => {
  const now = Date.parse("2026-11-23T12:00:00Z");
  const ago = (seconds) => relativeTime(new Date(now - seconds * 1000).toISOString(), now, "en");
  assert.deepEqual([ago(20), ago(240), ago(3 * 3600), ago(30 * 3600)], ["just now", "4 min ago", "3 h ago", "yesterday"]);
  assert.equal(dayName(new Date(now).toISOString(), now, "en"), "Today");
});

test("links are links, and nothing else is", () => {
  const pieces = linkify("See https://nps.gov/dena (now). javascript:alert(1) <b>https://a.org/x_(y)</b>");
  assert.deepEqual(pieces.filter(({ href }) => href).map(({ text }) => text), ["https://nps.gov/dena", "https://a.org/x_(y)"]);
  assert.equal(pieces.map(({ text }) => text).join(""), "See https://nps.gov/dena (now). javascript:alert(1) <b>https://a.org/x_(y)</b>");
});

test("the connection is explained only when something is wrong", () => {
  assert.equal(connectionLine({ kind: "live" }, 0, true), null);
  assert.match(connectionLine({ kind: "live" }, 0, false).text, /offline/);
  assert.equal(connectionLine({ kind: "waiting", until: 4_000 }, 0, true).countdown, "Trying again in 4 s");
  assert.equal(connectionLine({ kind: "stopped" }, 0, true).action, "reload");
});

test("a park is found by state, by part of its name and without accents", () => {
  const park = (name, states) => ({ name, group: "West", kind: "park", park: { states, full_name: name } });
  const groups = [{ group: "West", channels: [park("Haleakalā", ["HI"]), park("Zion", ["UT"])] }];
  const found = (wanted) => filterGroups(groups, wanted).flatMap(({ channels }) => channels.map(({ name }) => name));
  assert.deepEqual(found({ query: "haleakala" }), ["Haleakalā"]);
  assert.deepEqual(found({ query: "utah" }), ["Zion"]);
  assert.deepEqual(found({ state: "HI" }), ["Haleakalā"]);
  assert.deepEqual(found({ query: "moon" }), []);
  assert.equal(peopleIn({ members: ["ada"], guests: 2 }), 3);
});

test("addresses lead to pages with their parts", () => {
  assert.deepEqual(matchRoute("/channels/denali").params, { slug: "denali" });
  assert.equal(matchRoute("/channels/denali/").page.path, "/channels/:slug");
  assert.equal(matchRoute("/nowhere").page, null);
});

test("people are called as what they wrote calls them", () => {
  const by = (username, name) => ({ author: { username, name } });
  const state = {
    posts: { byId: new Map([[1, by("june", "June Okafor")], [2, by(null, "former member")]]) },
    reviews: { byId: new Map([[1, by("eli", "Eli Begay")]]) },
  };
  assert.deepEqual([...authorsIn(state)].map(([username, { name }]) => [username, name]), [["june", "June Okafor"], ["eli", "Eli Begay"]]);
});

test("a name within a line of text cannot turn it, and has the username beside it", () => {
  assert.equal(calledInText({ name: "Sky\u202e", username: "eve" }), "\u2068Sky\u202e\u2069 @eve");
  assert.equal(calledInText({ name: "former member", username: null }), "\u2068former member\u2069");
});
