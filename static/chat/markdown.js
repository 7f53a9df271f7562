/**
 * Markdown as safe HTML, block by block: a block that is finished keeps its HTML, so that only the last one changes while
 * an answer grows. No images, no HTML of others, links to the web only.
 */
import DOMPurify from "dompurify";
import { lexer, Marked } from "marked";
import { mend } from "./mend.js";

const marked = new Marked({
  gfm: true,
  renderer: {
    image: ({ text }) => escapeHtml(text),
    html: ({ text }) => escapeHtml(text),
    heading({ tokens }) {
      return `<p><strong>${this.parser.parseInline(tokens)}</strong></p>`;
    },
  },
});

const ALLOWED = {
  ALLOWED_TAGS: [
    ...["p", "br", "hr", "strong", "em", "del", "code", "pre", "ul", "ol", "li", "blockquote", "a"],
    ...["table", "thead", "tbody", "tr", "th", "td"],
  ],
  ALLOWED_ATTR: ["href", "start"],
  ALLOWED_URI_REGEXP: /^(?:https?:\/\/|\/(?!\/))/i,
};

DOMPurify.addHook("afterSanitizeAttributes", (node) => {
  if (node.tagName !== "A") return;
  if (!node.getAttribute("href")?.startsWith("/")) node.setAttribute("target", "_blank");
  node.setAttribute("rel", "noopener noreferrer nofollow ugc");
});

/**
 * @param {string} text
 * @param {boolean} growing whether more will come
 * @param {Map<string, string>} known HTML of blocks that were drawn before
 * @returns {string[]} the blocks' HTML
 */
export function blocksOf(text, growing, known) {
  const tokens = lexer(text, { gfm: true }).filter((token) => token.type !== "space" && token.type !== "def");
  return tokens.map(({ raw }, index) => (growing && index === tokens.length - 1 ? toHtml(mend(raw)) : remembered(raw, known)));
}

function remembered(raw, known) {
  if (!known.has(raw)) known.set(raw, toHtml(raw));
  return known.get(raw);
}

function toHtml(markdown) {
  return DOMPurify.sanitize(marked.parse(markdown), ALLOWED);
}

function escapeHtml(text) {
  return text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
