/** Forms: labelled fields with what is wrong beside them, and a button that waits for the answer. */
import { useRef, useState } from "preact/hooks";
import { html } from "../html.js";

/**
 * What a form needs: `busy`, `problem` (an ApiError or null) and `submit`, which reads the fields and calls `send`.
 * @param {(fields: Record<string, string>) => Promise<void>} send
 */
export function useForm(send) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const alive = useRef(true);
  const submit = async (event) => {
    event.preventDefault();
    if (busy) return;
    const form = event.target;
    setBusy(true);
    setProblem(null);
    try {
      await send(Object.fromEntries(new FormData(form)), form);
    } catch (error) {
      setProblem(error);
      form.querySelector("input")?.focus();
    }
    if (alive.current) setBusy(false);
  };
  return { busy, problem, submit };
}

/** A labelled input; further attributes go to the input. `id`: where a page has two fields of one name. */
export function Field({ label, hint, problem, name, id = name, ...rest }) {
  const wrong = problem?.fields?.[name];
  const described = [wrong && `${id}-wrong`, hint && `${id}-hint`].filter(Boolean).join(" ") || null;
  return html`
    <div class="field">
      <label for=${`field-${id}`}>${label}</label>
      <input id=${`field-${id}`} name=${name} aria-invalid=${wrong ? "true" : null} aria-describedby=${described} ...${rest} />
      ${hint && html`<p id=${`${id}-hint`} class="hint">${hint}</p>`}
      ${wrong && html`<p id=${`${id}-wrong`} class="wrong">${wrong}</p>`}
    </div>
  `;
}

/** What is wrong with the whole form. */
export function Problem({ problem }) {
  return html`<div role="alert">${problem && html`<p class="wrong">${problem.message}</p>`}</div>`;
}

/** The button that sends a form. */
export function Submit({ busy, children }) {
  return html`<button class="button" type="submit" aria-disabled=${busy}>${busy ? "One moment…" : children}</button>`;
}
