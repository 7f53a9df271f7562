/** The fields of a review, and the form that changes one. */
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { bodyOf, draftOf, draftStars, missingIn } from "../feed/review-draft.js";
import { todaysDate } from "../feed/time.js";
import { html } from "../html.js";
import { Conflict } from "./conflict.js";
import { growToText, leavesOnEscape, sendsOnEnter } from "./keys.js";
import { StarInput } from "./rating-stars.js";
import { changeReview, takeReview } from "./review-actions.js";

/** Stars, title, text and day; `problems` are texts by field. */
export function ReviewFields({ draft, mine, problems, onChange }) {
  const area = useRef(null);
  useEffect(() => growToText(area.current), [draft.comment]);
  const stars = draftStars(draft, mine);
  const set = (field) => (event) => onChange({ ...draft, [field]: event.target.value });
  return html`
    <div class="review-stars">
      <${StarInput} label="Stars" value=${stars} onChange=${(n) => onChange({ ...draft, stars: String(n) })} />
      ${stars === null
        ? html`<span class="muted">Stars, if you like</span>`
        : html`<button class="link-button" type="button" onClick=${() => onChange({ ...draft, stars: "none" })}>No stars</button>`}
    </div>
    <${Labelled} name="title" label="Title" problems=${problems}>
      ${(ids) => html`<input ...${ids} dir="auto" name="title" maxlength="255" autocomplete="off" value=${draft.title} onInput=${set("title")} />`}
    <//>
    <${Labelled} name="comment" label="Your review" problems=${problems}>
      ${(ids) => html`
        <textarea ...${ids} dir="auto" ref=${area} name="comment" rows="4" maxlength="4000" value=${draft.comment}
          placeholder="What should somebody know who plans to go?" onInput=${set("comment")}></textarea>
      `}
    <//>
    <${Labelled} name="visited_on" label="Day of your visit (optional)" problems=${problems}>
      ${(ids) => html`
        <input ...${ids} name="visited_on" type="date" min="1900-01-01" max=${todaysDate(Date.now())} value=${draft.visited_on} onInput=${set("visited_on")} />
      `}
    <//>
  `;
}

/** `children` draws the field, given the attributes that tie it to its label and to what is wrong with it. */
function Labelled({ name, label, problems, children }) {
  const id = useId();
  const problem = problems[name];
  const ids = { id, "aria-invalid": problem ? "true" : null, "aria-describedby": problem ? `${id}-wrong` : null };
  return html`
    <div class="field">
      <label for=${id}>${label}</label>
      ${children(ids)}
      <p id=${`${id}-wrong`} class="wrong">${problem}</p>
    </div>
  `;
}

/** Put the cursor where something is missing. */
export function focusField(form, name) {
  form.querySelector(`[name="${name}"]`)?.focus();
}

/** A review being changed, in its place; Escape leaves it. */
export function ReviewEditor({ channel, review, onDone }) {
  const [draft, setDraft] = useState(() => draftOf(review));
  const [problem, setProblem] = useState({ text: null, fields: {} });
  const [theirs, setTheirs] = useState(null);
  const [busy, setBusy] = useState(false);
  const form = useRef(null);
  const base = useRef(review);
  useEffect(() => focusField(form.current, "title"), []);
  const save = async (event) => {
    event.preventDefault();
    if (busy) return;
    const missing = missingIn(draft);
    setProblem({ text: null, fields: missing });
    if (Object.keys(missing).length) return focusField(form.current, Object.keys(missing)[0]);
    setBusy(true);
    try {
      await changeReview(channel, base.current, bodyOf(draft, null, base.current.content));
      onDone();
    } catch (error) {
      if (error.status === 412) setTheirs((base.current = error.current));
      else setProblem({ text: error.message, fields: error.fields });
      setBusy(false);
    }
  };
  const takeTheirs = async () => {
    await takeReview(channel, theirs);
    onDone();
  };
  const onKeyDown = (event) => {
    if (leavesOnEscape(event)) onDone();
    else if (sendsOnEnter(event, { always: false })) save(event);
  };
  return html`
    <form ref=${form} class="review-form" aria-label="Change the review" noValidate onSubmit=${save} onKeyDown=${onKeyDown}>
      <${ReviewFields} draft=${draft} mine=${null} problems=${problem.fields} onChange=${setDraft} />
      <div role="alert">${problem.text && html`<p class="wrong">${problem.text}</p>`}</div>
      ${theirs
        ? html`<${Conflict} theirs=${theirs} busy=${busy} onTake=${takeTheirs} />`
        : html`
            <div class="buttons">
              <button class="button button-small" type="submit" aria-disabled=${busy}>${busy ? "Saving…" : "Save"}</button>
              <button class="button button-small button-quiet" type="button" onClick=${onDone}>Cancel</button>
            </div>
          `}
    </form>
  `;
}
