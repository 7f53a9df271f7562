/** A member's earlier results: show one again, or delete it. */
import { useEffect, useState } from "preact/hooks";
import { call, member } from "../api/session.js";
import { fullDate } from "../feed/time.js";
import { html } from "../html.js";
import { Icon } from "./icons.js";
import { ErrorBox } from "./states.js";
import { toast } from "./toasts.js";

const PAGE = 10;

/** Nothing for a guest, and nothing while there are none. */
export function QuizHistory({ onShow }) {
  const { items, next, problem, more, drop } = useResults(member.value?.username);
  if (problem) return html`<${ErrorBox} text=${problem.message} onRetry=${more} />`;
  if (!items.length) return null;
  return html`
    <section class="quiz-history" aria-labelledby="quiz-history">
      <h2 id="quiz-history">Your earlier results</h2>
      <ul>
        ${items.map(
          (result) => html`
            <li key=${result.id}>
              <button class="quiz-earlier" type="button" onClick=${() => onShow(result)}>
                <span>${result.park.name}</span>
                <time class="muted" datetime=${result.created_at}>${fullDate(result.created_at)}</time>
              </button>
              <button class="icon-button" type="button" onClick=${() => drop(result)}
                aria-label=${`Delete ${result.park.name}, ${fullDate(result.created_at)}`}><${Icon} name="trash" /></button>
            </li>
          `,
        )}
      </ul>
      ${next && html`<button class="button button-small button-quiet" type="button" onClick=${more}>Show more</button>`}
    </section>
  `;
}

function useResults(username) {
  const [state, setState] = useState({ items: [], next: null, problem: null });
  const read = async (cursor, items) => {
    const query = new URLSearchParams({ limit: PAGE, ...(cursor && { cursor }) });
    try {
      const { data } = await call("GET", `/api/quiz/results?${query}`);
      return { items: [...items, ...data.items], next: data.next, problem: null };
    } catch (problem) {
      return { items, next: cursor, problem };
    }
  };
  useEffect(() => {
    let current = true;
    setState({ items: [], next: null, problem: null });
    if (username) read(null, []).then((found) => current && setState(found));
    return () => (current = false);
  }, [username]);
  const more = () => read(state.next, state.items).then(setState);
  const drop = async ({ id }) => {
    try {
      await call("DELETE", `/api/quiz/${id}`);
    } catch (error) {
      if (error.status !== 404) return toast(error.message);
    }
    setState((known) => ({ ...known, items: known.items.filter((one) => one.id !== id) }));
    toast("The result is deleted.");
  };
  return { ...state, more, drop };
}

