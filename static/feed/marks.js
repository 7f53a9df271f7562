/** Which words of a text are those that were looked for. */
import { fold, UNSPACED, WORD } from "./fold.js";

const ENDING = /(?:ing|ed|es|s|e)$/;
const SHORTEST_STEM = 3;

/**
 * @param {string} text
 * @param {string} asked what was typed into the search
 * @returns {{text: string, isMarked: boolean}[]} the text in pieces; a word counts in whatever form it is found
 */
export function marks(text, asked) {
  const wanted = wordsOf(asked);
  const pieces = [];
  let end = 0;
  for (const [from, to] of places(text, wanted)) {
    if (from > end) pieces.push({ text: text.slice(end, from), isMarked: false });
    pieces.push({ text: text.slice(from, to), isMarked: true });
    end = to;
  }
  if (end < text.length) pieces.push({ text: text.slice(end), isMarked: false });
  return pieces;
}

/** What to look for: words with spaces around them by their stems, others wherever they are. */
function wordsOf(asked) {
  const runs = (asked.match(UNSPACED) ?? []).map((run) => run.normalize("NFC"));
  const spaced = asked.replace(UNSPACED, " ").match(WORD) ?? [];
  return { runs, stems: new Set(spaced.map(stem).filter(Boolean)) };
}

/** From where to where the text has what is looked for, in order. */
function* places(text, { runs, stems }) {
  for (const { 0: word, index } of text.matchAll(WORD)) {
    if (stems.has(stem(word))) yield trimmed(word, index);
    else if (runs.length) yield* inside(word, index, runs);
  }
}

/** Quotation marks around a word are not part of it. */
function trimmed(word, index) {
  const before = word.match(/^[^\p{L}\p{N}ʻʼ]*/u)[0].length;
  const after = word.match(/[^\p{L}\p{N}\p{M}ʻʼ]*$/u)[0].length;
  return [index + before, index + word.length - after];
}

function* inside(word, index, runs) {
  for (let at = 0; at < word.length; ) {
    const found = runs.find((run) => word.startsWith(run, at));
    if (found) yield [index + at, index + at + found.length];
    at += found?.length ?? 1;
  }
}

function stem(word) {
  const small = fold(word);
  const cut = small.replace(ENDING, "");
  return cut.length < SHORTEST_STEM ? small : cut;
}
