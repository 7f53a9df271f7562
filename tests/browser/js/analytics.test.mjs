/** The summary's rows: ordered, searched, and noticed when they move. */
import assert from "node:assert/strict";
import test from "node:test";
import * as analytics from "../../../static/feed/analytics.js";

const row = (name, average, ratings, fields = {}) => ({
  channel: name.toLowerCase(), name, group: "Pacific and islands", average, ratings, reviews: 0, posts: 0, ...fields,
});
const names = (rows) => rows.map(({ name }) => name);
const rows = [row("Hawaiʻi Volcanoes", 4, 1), row("Acadia", null, 0), row("Zion", 4, 3), row("Denali", 5, 1)];

test("channels without an average come last either way", () => {
  assert.deepEqual(names(analytics.sortRows(rows, { column: "average", direction: "descending" })), ["Denali", "Zion", "Hawaiʻi Volcanoes", "Acadia"]);
  assert.deepEqual(names(analytics.sortRows(rows, { column: "average", direction: "ascending" })), ["Zion", "Hawaiʻi Volcanoes", "Denali", "Acadia"]);
});

test("a heading orders by its column, and then the other way round", () => {
  const byName = analytics.nextOrder({ column: "average", direction: "descending" }, "name");
  assert.deepEqual(byName, { column: "name", direction: "ascending" });
  assert.deepEqual(analytics.nextOrder(byName, "name"), { column: "name", direction: "descending" });
  assert.deepEqual(analytics.nextOrder(byName, "posts"), { column: "posts", direction: "descending" });
});

test("a search finds names and groups without their accents", () => {
  assert.deepEqual(names(analytics.filterRows(rows, "hawaii")), ["Hawaiʻi Volcanoes"]);
  assert.equal(analytics.filterRows(rows, " PACIFIC  ").length, 4);
  assert.equal(analytics.filterRows(rows, "zion alaska").length, 0);
});

test("only channels whose numbers differ have moved", () => {
  const after = [row("Zion", 4, 3), row("Denali", 4.5, 2), row("New", 5, 1)];
  assert.deepEqual([...analytics.movedChannels(rows, after)], ["denali"]);
  assert.equal(analytics.movedChannels(null, after).size, 0);
});

test("a month without ratings is a gap in the line", () => {
  const trend = [{ month: "2026-01", average: null, ratings: 0 }, { month: "2026-02", average: 4.5, ratings: 2 }];
  assert.deepEqual(analytics.trendSeries(trend), [[0, 1], [0, 2], [null, 4.5]]);
  assert.equal(analytics.monthName("2026-01", { locale: "en-US" }), "Jan 2026");
});
