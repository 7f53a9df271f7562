/** One question: press an answer, or its number; the arrow keys go from answer to answer. */
import { useEffect, useRef } from "preact/hooks";
import { html } from "../html.js";
import { Icon } from "./icons.js";
import { isComposing } from "./keys.js";

const STEPS = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

/** `chosen` is the answer that was given before, if any. */
export function QuizQuestion({ question, number, count, chosen, onChoose, onBack }) {
  const heading = useRef(null);
  useEffect(() => heading.current.focus(), []);
  const onKeyDown = (event) => {
    if (isComposing(event) || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const answer = question.answers[Number(event.key) - 1];
    if (answer) onChoose(answer.id);
    else if (event.key in STEPS) moveFocus(event, STEPS[event.key]);
  };
  return html`
    <section class="panel quiz-question" aria-labelledby="quiz-question" onKeyDown=${onKeyDown}>
      <div class="quiz-progress">
        <span id="quiz-progress">Question ${number} of ${count}</span>
        <progress max=${count} value=${number - 1} aria-labelledby="quiz-progress"></progress>
      </div>
      <h1 id="quiz-question" ref=${heading} tabindex="-1">${question.text}</h1>
      <ol class="quiz-answers">
        ${question.answers.map(
          ({ id, text }, index) => html`
            <li key=${id}>
              <button type="button" class="quiz-answer" aria-pressed=${chosen === id ? "true" : "false"} onClick=${() => onChoose(id)}>
                <kbd aria-hidden="true">${index + 1}</kbd>
                <span>${text}</span>
              </button>
            </li>
          `,
        )}
      </ol>
      <div class="buttons">
        <button type="button" class="button button-small button-quiet" onClick=${onBack}><${Icon} name="left" />Back</button>
        ${chosen &&
        html`<button type="button" class="button button-small button-quiet" onClick=${() => onChoose(chosen)}>Next<${Icon} name="right" /></button>`}
      </div>
    </section>
  `;
}

function moveFocus(event, step) {
  const answers = [...event.currentTarget.querySelectorAll(".quiz-answer")];
  const from = answers.indexOf(document.activeElement);
  const to = from === -1 && step < 0 ? answers.length - 1 : from + step;
  answers[(to + answers.length) % answers.length].focus();
  event.preventDefault();
}
