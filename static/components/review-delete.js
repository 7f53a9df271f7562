/** Asks before a review goes, and whether its author's stars stay. */
import { useState } from "preact/hooks";
import { starWords } from "../feed/reviews.js";
import { html } from "../html.js";
import { Confirm } from "./dialog.js";
import { deleteReview } from "./review-actions.js";
import { focusHeading } from "./review-focus.js";
import { toast } from "./toasts.js";

/** The question; only the author is asked about the stars. */
export function ReviewDeletion({ channel, review, isMine, onClose }) {
  const [rating, setRating] = useState("keep");
  const asksForStars = isMine && review.stars !== null;
  const remove = async () => {
    onClose();
    try {
      await deleteReview(channel, review.id, rating);
      focusHeading();
      toast("The review is deleted.");
    } catch (error) {
      toast(`Not deleted. ${error.message}`);
    }
  };
  const choice = (value, text) => html`
    <label class="choice">
      <input type="radio" name="rating" checked=${rating === value} onChange=${() => setRating(value)} /> ${text}
    </label>
  `;
  return html`
    <${Confirm} title="Delete this review?" action="Delete" onConfirm=${remove} onCancel=${onClose}>
      <p>“<bdi>${review.title}</bdi>” goes for everybody, and for good.</p>
      ${asksForStars &&
      html`
        <fieldset class="choices">
          <legend>You gave ${starWords(review.stars)}.</legend>
          ${choice("keep", "Keep my rating")} ${choice("remove", "Remove my rating, too")}
        </fieldset>
      `}
    <//>
  `;
}
