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

test("a word is marked however it is spelled", () => {
  assert.equal(marked("Sunrise in Hawaiʻi", "hawaii"), "Sunrise in [Hawaiʻi]");
  assert.equal(marked("Sunrise in Hawaii.", "Hawai’i"), "Sunrise in [Hawaii].");
  assert.equal(marked("Haleakala\u0304 and a ‘café’", "haleakalā cafe"), "[Haleakala\u0304] and a ‘[café]’");
  assert.equal(marked("Smørrebrød", "smorrebrod"), "[Smørrebrød]");
});

test("words inside texts without spaces are marked", () => {
  assert.equal(marked("我们在国家公园看到了熊", "公园 熊"), "我们在国家[公园]看到了[熊]");
  assert.equal(marked("เราเห็นหมีในอุทยาน", "หมี"), "เราเห็น[หมี]ในอุทยาน");
  assert.equal(marked("デナリ国立公園", "国立公園 denali"), "デナリ[国立公園]");
});
