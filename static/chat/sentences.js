/** What a screen reader hears of a growing answer: whole sentences, never pieces of words. */

const END = /[.!?…]["”’)*_]*(?=\s)|\n/g;

/**
 * @param {string} text the answer so far, Markdown
 * @param {number} from how far it was spoken
 * @param {boolean} whole whether no more will come
 * @returns {{spoken: string, upTo: number}} what to say now, and how far that goes
 */
export function nextSentences(text, from, whole) {
  let upTo = from;
  if (whole) {
    upTo = text.length;
  } else {
    for (const match of text.slice(from).matchAll(END)) upTo = from + match.index + match[0].length;
  }
  return { spoken: plainText(text.slice(from, upTo)), upTo };
}

/** Markdown as one would read it aloud. */
export function plainText(markdown) {
  return markdown
    .replace(/!\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/^\s*(#{1,6}|>|[-*+]|\d+[.)])\s+/gm, "")
    .replace(/^\s*(```.*|[-*_]{3,})\s*$/gm, "")
    .replace(/(?<!\\)[*_`~]+/g, "")
    .replace(/\\([\\`*_[\]<>#])/g, "$1")
    .replace(/\s+/g, " ")
    .trim();
}
