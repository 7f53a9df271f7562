/** What somebody wrote: text only, newlines kept, web addresses as links. */
import { linkify } from "../feed/text.js";
import { html } from "../html.js";

/** The text; nothing in it is read as HTML. */
export function PlainText({ text }) {
  return html`
    <p class="plain-text" dir="auto">
      ${linkify(text).map(({ text: piece, href }) =>
        href ? html`<a href=${href} target="_blank" rel="noopener noreferrer nofollow ugc">${piece}</a>` : piece,
      )}
    </p>
  `;
}
