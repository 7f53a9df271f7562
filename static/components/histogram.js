/** How the stars are spread, as bars that are a list to a screen reader. */
import { starShares, starWords } from "../feed/reviews.js";
import { html } from "../html.js";
import { Star } from "./icons.js";

/** Five bars, from five stars to one. */
export function Histogram({ histogram, label = "Ratings by stars" }) {
  return html`
    <ul class="histogram" aria-label=${label}>
      ${starShares(histogram).map(
        ({ stars, count, share }) => html`
          <li key=${stars} data-stars=${stars}>
            <span class="histogram-stars"><span aria-hidden="true">${stars}</span><${Star} /><span class="visually-hidden">${starWords(stars)}:</span></span>
            <span class="histogram-bar" aria-hidden="true"><span style=${{ width: `${(share * 100).toFixed(2)}%` }}></span></span>
            <span class="histogram-count">${count}<span class="visually-hidden">${count === 1 ? " rating" : " ratings"}</span></span>
          </li>
        `,
      )}
    </ul>
  `;
}
