/** The quiz: one question at a time; the answers survive a reload, and a guest's result waits for a login. */
import { useEffect, useRef, useState } from "preact/hooks";
import { tab } from "../api/kept.js";
import { call, member } from "../api/session.js";
import { QuizQuestion } from "../components/quiz-question.js";
import { QuizResult } from "../components/quiz-result.js";
import { QuizStart } from "../components/quiz-start.js";
import { ErrorBox, Loading } from "../components/states.js";
import { FRESH, back, begin, change, choose, restore, show } from "../feed/quiz.js";
import { html } from "../html.js";

const KEPT = "hub.quiz";

export default function Quiz() {
  useEffect(() => void (document.title = "Quiz · Frostbyte Hub"), []);
  const [questions, setQuestions] = useState(null);
  const [problem, setProblem] = useState(null);
  const read = () => {
    setProblem(null);
    call("GET", "/api/quiz/questions").then(({ data }) => setQuestions(data.questions), setProblem);
  };
  useEffect(read, []);
  return html`
    <div class="quiz">
      ${problem && html`<${ErrorBox} text=${problem.message} onRetry=${read} />`}
      ${!problem && !questions && html`<${Loading} lines=${6} />`}
      ${questions && html`<${Steps} questions=${questions} />`}
    </div>
  `;
}

function Steps({ questions }) {
  const [state, setState] = useState(() => restore(tab.get(KEPT), questions));
  useEffect(() => tab.set(KEPT, JSON.stringify(state)), [state]);
  const { problem, retry } = useResult(state, (result) => setState((now) => show(now, questions, result)), questions);
  const { at, answers, result } = state;
  const asked = questions[at];
  if (asked) {
    return html`
      <${QuizQuestion} key=${asked.id} question=${asked} number=${at + 1} count=${questions.length} chosen=${answers[asked.id]}
        onChoose=${(answer) => setState(choose(state, questions, answer))} onBack=${() => setState(back(state))} />
    `;
  }
  if (at < 0) {
    const resume = () => setState({ ...state, at: Object.keys(answers).length });
    return html`
      <${QuizStart} count=${questions.length} begun=${Object.keys(answers).length > 0} onBegin=${() => setState(begin())}
        onResume=${resume} onShow=${(earlier) => setState(show(state, questions, earlier))} />
    `;
  }
  if (result) {
    return html`
      <${QuizResult} result=${result} problem=${problem} onKeep=${retry} onChange=${() => setState(change(state))}
        onAgain=${() => setState(FRESH)} />
    `;
  }
  return problem ? html`<${ErrorBox} text=${problem.message} onRetry=${retry} />` : html`<${Loading} />`;
}

/** Ask for the result once all is answered, and once more after a guest has logged in, to keep it. */
function useResult({ at, answers, result, replaces }, onResult, questions) {
  const [problem, setProblem] = useState(null);
  const [attempt, setAttempt] = useState(0);
  const asking = useRef(false);
  const who = member.value?.username ?? null;
  const wanted = at === questions.length && member.value !== undefined && (!result || (result.id === null && who !== null));
  useEffect(() => {
    if (!wanted || asking.current) return;
    asking.current = true;
    setProblem(null);
    send({ answers: result?.answers ?? answers }, who && replaces)
      .then(onResult, setProblem)
      .finally(() => (asking.current = false));
  }, [wanted, who, attempt, result]);
  return { problem: wanted ? problem : null, retry: () => setAttempt(attempt + 1) };
}

async function send(body, replaces) {
  if (!replaces) return (await call("POST", "/api/quiz", { body })).data;
  try {
    return (await call("PUT", `/api/quiz/${replaces}`, { body })).data;
  } catch (error) {
    if (error.status !== 404) throw error;
    return (await call("POST", "/api/quiz", { body })).data;
  }
}
