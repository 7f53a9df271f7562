import assert from "node:assert/strict";
import { test } from "node:test";
import { marks } from "../../../static/feed/marks.js";

const marked = (text, asked) => marks(text, asked).map(({ text, isMarked }) => (isMarked ? `[${text}]` : text)).join("");

test("the words that were looked for are marked in whatever form", () => {
  assert.equal(marked("We saw bears; one Bear crossed.", "bear crossing"), "We saw [bears]; one [Bear] [crossed].");
});

test("a part of a word is not the word", () => {
  assert.equal(marked("Bearings and a forebear", "bear"), "Bearings and a forebear");
  assert.equal(marked("as is", "a i"), "as is");
});

test("signs that mean something to a search are only signs", () => {
  assert.equal(marked("a+b (c) <b>", "(b* .+ \\"), "a+[b] (c) <[b]>");
});

test("nothing looked for, nothing marked", () => {
  assert.deepEqual(marks("Snow", ""), [{ text: "Snow", isMarked: false }]);
  assert.deepEqual(marks("", "snow"), []);
});
