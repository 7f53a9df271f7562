/** An edit that met a newer one: both texts, and a choice. One's own stays in the form above until it is made. */
import { html } from "../html.js";
import { PlainText } from "./plain-text.js";
import { GivenStars } from "./rating-stars.js";

/** What is there now, `theirs`, below the form that has what one has written. */
export function Conflict({ theirs, onTake, busy }) {
  return html`
    <section class="conflict" aria-label="The version that is there now">
      <p role="alert">Somebody has changed this while you were writing. Your words are still above; this is there now:</p>
      <div class="conflict-theirs">
        <h4 class="post-title" dir="auto">${theirs.title}</h4>
        ${theirs.stars && html`<${GivenStars} stars=${theirs.stars} />`}
        <${PlainText} text=${theirs.comment} />
      </div>
      <div class="buttons">
        <button class="button button-small button-quiet" type="button" onClick=${onTake}>Take theirs</button>
        <button class="button button-small" type="submit" aria-disabled=${busy}>Keep mine</button>
      </div>
    </section>
  `;
}
