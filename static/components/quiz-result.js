/** What the quiz says: the classic, the best three of all parks and why, and what to do next. */
import { useEffect, useRef } from "preact/hooks";
import { member } from "../api/session.js";
import { shareText } from "../feed/quiz.js";
import { html } from "../html.js";
import { loginHref } from "../router.js";
import { copyText } from "./chat-copy.js";
import { ErrorBox } from "./states.js";
import { Ridge } from "./ridge.js";

/** `problem` says why the result could not be kept, `onKeep` tries again. */
export function QuizResult({ result, problem, onKeep, onChange, onAgain }) {
  const heading = useRef(null);
  useEffect(() => heading.current.focus(), [result.park.slug]);
  const { park, matches } = result;
  return html`
    <article class="panel quiz-result" aria-labelledby="quiz-result">
      <${Ridge} slug=${park.slug} />
      <div>
        <p class="muted">Of the four classics, yours is</p>
        <h1 id="quiz-result" ref=${heading} tabindex="-1">${park.name}</h1>
      </div>
      <div class="buttons">
        <a class="button" href=${`/channels/${park.slug}`}>Open its channel</a>
        <button class="button button-quiet" type="button" onClick=${() => share(result)}>Share</button>
      </div>
      ${problem ? html`<${ErrorBox} text=${problem.message} onRetry=${onKeep} />` : html`<${Kept} result=${result} />`}
    </article>
    <section class="quiz-matches" aria-labelledby="quiz-matches">
      <h2 id="quiz-matches">The best matches of all parks</h2>
      <ol>${matches.map((match) => html`<${Match} key=${match.slug} match=${match} />`)}</ol>
    </section>
    <div class="buttons">
      <button class="button button-quiet" type="button" onClick=${onChange}>Change my answers</button>
      <button class="button button-quiet" type="button" onClick=${onAgain}>Back to the start</button>
    </div>
  `;
}

function Match({ match }) {
  const { slug, name, score, reasons } = match;
  return html`
    <li class="panel quiz-match">
      <h3><a href=${`/channels/${slug}`}>${name}</a></h3>
      <p class="quiz-score"><meter min="0" max="100" value=${score} aria-label=${`${score} of 100`}></meter>${score}<span aria-hidden="true"> / 100</span></p>
      <ul>${reasons.map((reason) => html`<li key=${reason}>${reason}</li>`)}</ul>
    </li>
  `;
}

function Kept({ result }) {
  if (result.id !== null) return html`<p class="hint">This result is kept in your account. Only you can see it.</p>`;
  if (member.value !== null) return html`<p class="hint" role="status">Keeping the result…</p>`;
  return html`
    <p class="hint">
      <a href=${loginHref()}>Log in</a> or <a href=${loginHref("/register")}>join</a> to keep this result. It waits here meanwhile.
    </p>
  `;
}

async function share(result) {
  const text = shareText(result);
  const url = `${location.origin}/quiz`;
  if (!navigator.share) return copyText(`${text} ${url}`);
  try {
    await navigator.share({ title: "Which park is yours?", text, url });
  } catch (error) {
    if (error.name !== "AbortError") await copyText(`${text} ${url}`);
  }
}
