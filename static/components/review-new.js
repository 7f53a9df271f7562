/** A review being written: kept as a draft while it grows, and sent again by itself where the signal is weak. */
import { useEffect, useRef, useState } from "preact/hooks";
import { newId } from "../api/ids.js";
import { backoff } from "../feed/backoff.js";
import { bodyOf, EMPTY_DRAFT, mayComeThrough, missingIn } from "../feed/review-draft.js";
import { html } from "../html.js";
import { sendsOnEnter } from "./keys.js";
import { publishReview } from "./review-actions.js";
import { focusField, ReviewFields } from "./review-form.js";
import { toast } from "./toasts.js";

const IDLE = { kind: "idle", text: null, fields: {} };

/** The form; `draft` and `onChange` are the caller's, so that it can be closed and opened again. */
export function NewReview({ channel, mine, draft, onChange, onClose }) {
  const form = useRef(null);
  const { state, publish, rest } = usePublishing(channel, mine, draft, onChange, onClose);
  useEffect(() => focusField(form.current, "title"), []);
  const submit = (event) => {
    event.preventDefault();
    const first = publish();
    if (first) focusField(form.current, first);
  };
  const change = (next) => {
    if (state.kind === "sending") return;
    rest();
    onChange(next);
  };
  const discard = () => {
    rest();
    onChange(EMPTY_DRAFT);
    onClose();
  };
  return html`
    <form data-draft ref=${form} class="review-form panel" aria-label="Write a review" noValidate onSubmit=${submit}
      onKeyDown=${(event) => sendsOnEnter(event, { always: false }) && submit(event)}>
      <${ReviewFields} draft=${draft} mine=${mine} problems=${state.fields} onChange=${change} />
      <${State} state=${state} />
      <div class="buttons">
        <button class="button button-small" type="submit" aria-disabled=${state.kind === "sending"}>${LABELS[state.kind]}</button>
        <button class="button button-small button-quiet" type="button" onClick=${onClose}>Keep for later</button>
        <button class="button button-small button-quiet" type="button" onClick=${discard}>Discard</button>
      </div>
    </form>
  `;
}

const LABELS = { idle: "Publish", sending: "Publishing…", waiting: "Try now", failed: "Publish" };

function State({ state }) {
  return html`
    <div role="status">
      ${state.kind === "waiting" && html`<p class="line line-warn">No answer from the hub. Your review is kept here and goes out by itself.</p>`}
      ${state.kind === "failed" && state.text && html`<p class="wrong">${state.text}</p>`}
    </div>
  `;
}

/** `publish` gives the first field that is missing, if any; `rest` stops trying, as after a change of the text. */
function usePublishing(channel, mine, draft, onChange, onClose) {
  const [state, setState] = useState(IDLE);
  const attempt = useRef(0);
  const send = async () => {
    const clientId = draft.client_id || newId();
    setState({ ...IDLE, kind: "sending" });
    await onChange({ ...draft, client_id: clientId });
    try {
      await publishReview(channel, bodyOf(draft, mine), clientId);
    } catch (error) {
      if (error.status === 410) onChange({ ...draft, client_id: "" });
      return setState(afterFailure(error));
    }
    onChange(EMPTY_DRAFT);
    onClose();
    toast("Your review is published.");
  };
  const publish = () => {
    if (state.kind === "sending") return null;
    const missing = missingIn(draft);
    const [first] = Object.keys(missing);
    if (first) setState({ ...IDLE, kind: "failed", fields: missing });
    else send();
    return first;
  };
  useTryingAgain(state, attempt, send);
  const rest = () => {
    attempt.current = 0;
    setState(IDLE);
  };
  return { state, publish, rest };
}

function afterFailure(error) {
  if (mayComeThrough(error.status)) return { ...IDLE, kind: "waiting", retryAfter: error.retryAfter };
  const texts = {
    401: "Log in again to publish this.",
    410: "This review was published before and has been deleted since. Publish again to make a new one.",
  };
  return { kind: "failed", text: texts[error.status] ?? error.message, fields: error.fields };
}

function useTryingAgain(state, attempt, send) {
  const latest = useRef(send);
  latest.current = send;
  useEffect(() => {
    if (state.kind !== "waiting") return undefined;
    const again = () => latest.current();
    const delay = Math.max((state.retryAfter ?? 0) * 1000, 1000 + backoff(attempt.current++));
    const timer = setTimeout(again, delay);
    window.addEventListener("online", again, { once: true });
    return () => {
      clearTimeout(timer);
      window.removeEventListener("online", again);
    };
  }, [state]);
}
