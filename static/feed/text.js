/** Plain text with links: split into pieces, so that nothing from outside is ever read as HTML. */

const LINK = /\bhttps?:\/\/[^\s<>"']+/gi;
const TRAILING = /[.,;:!?)\]}'"…]+$/;

/**
 * @param {string} text
 * @returns {{text: string, href?: string}[]} pieces in order; those with `href` are links, http or https only
 */
export function linkify(text) {
  const pieces = [];
  let end = 0;
  for (const match of text.matchAll(LINK)) {
    const link = withoutTrailing(match[0]);
    const href = safeHref(link);
    if (!href) continue;
    if (match.index > end) pieces.push({ text: text.slice(end, match.index) });
    pieces.push({ text: link, href });
    end = match.index + link.length;
  }
  if (end < text.length) pieces.push({ text: text.slice(end) });
  return pieces;
}

/** A bracket that the link itself opened belongs to it. */
function withoutTrailing(link) {
  const tail = link.match(TRAILING)?.[0] ?? "";
  const keep = tail.startsWith(")") && link.includes("(") ? 1 : 0;
  return tail ? link.slice(0, link.length - tail.length + keep) : link;
}

function safeHref(link) {
  try {
    const url = new URL(link);
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : null;
  } catch {
    return null;
  }
}
