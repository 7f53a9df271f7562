/**
 * A quiz under way: which question is shown, what has been answered, and the result once there is one.
 *
 * `at` is -1 before the first question and the number of questions when all are answered. `replaces` is the id of a
 * result of one's own that is being changed.
 */

/** Nothing answered. */
export const FRESH = { at: -1, answers: {}, result: null, replaces: null };

/** Begin at the first question. */
export function begin() {
  return { ...FRESH, at: 0 };
}

/** Answer the question that is shown, and go on. */
export function choose(state, questions, answer) {
  const { id } = questions[state.at];
  return { ...state, at: state.at + 1, answers: { ...state.answers, [id]: answer }, result: null };
}

/** Go one question back; what was answered stays. */
export function back(state) {
  return { ...state, at: Math.max(-1, state.at - 1), result: null };
}

/** Go through the answers of a result once more, from the first question. */
export function change(state) {
  const answers = state.result?.answers ?? state.answers;
  return { ...FRESH, at: 0, answers, replaces: state.result?.id ?? null };
}

/** Show a result. */
export function show(state, questions, result) {
  return { at: questions.length, answers: result.answers ?? state.answers, result, replaces: null };
}

/** @returns {object} the state that was kept as `text`, as far as it fits the questions of today */
export function restore(text, questions) {
  const kept = parse(text);
  if (!kept || typeof kept.answers !== "object" || !Number.isInteger(kept.at)) return FRESH;
  const answers = {};
  for (const { id, answers: known } of questions) {
    if (known.some((answer) => answer.id === kept.answers?.[id])) answers[id] = kept.answers[id];
  }
  const firstOpen = questions.findIndex(({ id }) => !(id in answers));
  const reached = firstOpen === -1 ? questions.length : firstOpen;
  const result = kept.result ?? null;
  const at = result ? questions.length : Math.max(-1, Math.min(kept.at, reached));
  return { at, answers, result, replaces: kept.replaces ?? null };
}

function parse(text) {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return null;
  }
}

/** @returns {string} what is shared */
export function shareText({ park }) {
  return `My park is ${park.name}. Which one is yours?`;
}
