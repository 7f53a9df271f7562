/** Which words of a text are those that were looked for. */

const WORD = /[\p{L}\p{N}]+/gu;
const ENDING = /(?:ing|ed|es|s|e)$/;
const SHORTEST_STEM = 3;

/**
 * @param {string} text
 * @param {string} asked what was typed into the search
 * @returns {{text: string, isMarked: boolean}[]} the text in pieces; a word counts in whatever form it is found
 */
export function marks(text, asked) {
  const wanted = new Set((asked.match(WORD) ?? []).map(stem));
  const pieces = [];
  let end = 0;
  for (const { 0: word, index } of text.matchAll(WORD)) {
    if (!wanted.has(stem(word))) continue;
    if (index > end) pieces.push({ text: text.slice(end, index), isMarked: false });
    pieces.push({ text: word, isMarked: true });
    end = index + word.length;
  }
  if (end < text.length) pieces.push({ text: text.slice(end), isMarked: false });
  return pieces;
}

function stem(word) {
  const small = word.toLowerCase();
  const cut = small.replace(ENDING, "");
  return cut.length < SHORTEST_STEM ? small : cut;
}
