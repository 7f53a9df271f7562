/** What spellings have in common, as the hub's search has it (hub/folding.py): accents, apostrophes, case and width. */

const APOSTROPHES = /['`´ʹʻʼʽʾʿˈ‘’‛′՚ꞌ＇]/g;
const MARKS = /[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u064b-\u065f]/g;
const UNCOMPOSED = { ø: "o", ł: "l", đ: "d", ð: "d", þ: "th", æ: "ae", œ: "oe", ı: "i", ß: "ss" };

/** A word: its letters, their marks, and apostrophes in it. */
export const WORD = /[\p{L}\p{N}\p{M}'`´ʹʻʼʽʾʿˈ‘’‛′՚ꞌ＇]+/gu;

/** Scripts that put no spaces between words. */
export const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}\p{sc=Hangul}ー々]+/gu;

/** @returns {string} `text` without what spellings differ in */
export function fold(text) {
  return text
    .toLowerCase()
    .replace(APOSTROPHES, "")
    .replace(/[øłđðþæœıß]/g, (letter) => UNCOMPOSED[letter])
    .normalize("NFKD")
    .replace(MARKS, "")
    .normalize("NFC");
}
