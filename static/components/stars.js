/** What people think of a park. */
import { html } from "../html.js";
import { Star } from "./icons.js";

/** Average and how many: "4.6 (12)". Nothing while nobody has rated. */
export function Rating({ rating }) {
  if (!rating?.count) return null;
  const average = rating.average.toFixed(1);
  return html`
    <span class="rating" title=${`${average} of 5 stars from ${rating.count}`}>
      <${Star} /><span class="visually-hidden">Rated </span>${average}
      <span class="muted">(${rating.count})</span>
    </span>
  `;
}
