/** Before the first question: what the quiz is, and the results of earlier ones. */
import { html } from "../html.js";
import { QuizHistory } from "./quiz-history.js";
import { Ridge } from "./ridge.js";

/** The first page of the quiz. */
export function QuizStart({ count, begun, onBegin, onResume, onShow }) {
  return html`
    <section class="panel quiz-start">
      <${Ridge} slug="quiz" />
      <h1>Which park is yours?</h1>
      <p>${count} questions about how you like to travel, and we name the park that fits, with two more to dream of.</p>
      <div class="buttons">
        ${begun && html`<button class="button" type="button" onClick=${onResume}>Go on where you were</button>`}
        <button class=${begun ? "button button-quiet" : "button"} type="button" onClick=${onBegin}>
          ${begun ? "Start again" : "Start"}
        </button>
      </div>
      <p class="hint">It takes two minutes. You can go back at any time.</p>
    </section>
    <${QuizHistory} onShow=${onShow} />
  `;
}
