/** Stars to read, and stars to give. */
import { useId } from "preact/hooks";
import { starWords } from "../feed/reviews.js";
import { html } from "../html.js";
import { Star } from "./icons.js";

const ALL = [1, 2, 3, 4, 5];

/** How many stars somebody gave. */
export function GivenStars({ stars }) {
  return html`
    <span class="given-stars" role="img" aria-label=${`${stars} of 5 stars`}>
      ${ALL.map((n) => html`<span class=${n <= stars ? "lit" : "unlit"}><${Star} /></span>`)}
    </span>
  `;
}

/** One to five stars to choose from: the browser's own radio buttons, so arrows, space and touch work everywhere. */
export function StarInput({ label, value, onChange, small = false }) {
  const name = useId();
  return html`
    <span class=${small ? "star-input star-input-small" : "star-input"} role="radiogroup" aria-label=${label}>
      ${ALL.map(
        (n) => html`
          <label key=${n} class=${n <= (value ?? 0) ? "lit" : "unlit"} title=${starWords(n)}>
            <input type="radio" name=${name} value=${n} checked=${value === n} aria-label=${starWords(n)}
              onChange=${() => onChange(n)} />
            <${Star} />
          </label>
        `,
      )}
    </span>
  `;
}
