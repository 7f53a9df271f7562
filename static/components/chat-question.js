/** A question of the member: as it is, being changed, or on its way. */
import { useEffect, useRef, useState } from "preact/hooks";
import { html } from "../html.js";
import { copyText } from "./chat-copy.js";
import { Icon } from "./icons.js";
import { growToText, leavesOnEscape, sendsOnEnter } from "./keys.js";
import { PlainText } from "./plain-text.js";

/** The row of a question. */
export function Question({ chat, message }) {
  const [editing, setEditing] = useState(false);
  return html`
    <article class="chat-question" data-row aria-label="You asked">
      ${editing
        ? html`<${QuestionEditor} chat=${chat} message=${message} onDone=${() => setEditing(false)} />`
        : html`<div class="chat-bubble"><${PlainText} text=${message.text} /></div>`}
      ${message.pending && html`<${OnItsWay} chat=${chat} message=${message} />`}
      ${!editing && !message.pending && html`
        <div class="chat-actions">
          <button class="icon-button" type="button" title="Ask in other words" aria-label="Ask in other words" onClick=${() => setEditing(true)}>
            <${Icon} name="edit" />
          </button>
          <button class="icon-button" type="button" title="Copy the question" aria-label="Copy the question" onClick=${() => copyText(message.text)}>
            <${Icon} name="copy" />
          </button>
        </div>
      `}
    </article>
  `;
}

function OnItsWay({ chat, message }) {
  if (message.status === "sending") return html`<p class="chat-state" role="status">Sending…</p>`;
  const waiting = message.status === "waiting";
  return html`
    <div class="chat-state" role="status">
      <p class=${waiting ? "" : "wrong"}>${waiting ? "Kept here, and sent when there is signal." : message.error}</p>
      <button class="link-button" type="button" onClick=${() => chat.retry()}>${waiting ? "Try now" : "Try again"}</button>
      <button class="link-button" type="button" onClick=${() => chat.discard()}>Throw away</button>
    </div>
  `;
}

function QuestionEditor({ chat, message, onDone }) {
  const [text, setText] = useState(message.text);
  const [busy, setBusy] = useState(false);
  const area = useRef(null);
  useEffect(() => area.current.focus(), []);
  useEffect(() => growToText(area.current), [text]);
  const save = async (event) => {
    event.preventDefault();
    if (busy || !text.trim()) return;
    setBusy(true);
    if (await chat.edit(message.id, text.trim())) onDone();
    else setBusy(false);
  };
  const onKeyDown = (event) => {
    if (leavesOnEscape(event)) onDone();
    else if (sendsOnEnter(event)) save(event);
  };
  return html`
    <form class="chat-editor" onSubmit=${save} onKeyDown=${onKeyDown}>
      <textarea dir="auto" ref=${area} aria-label="Your question" maxlength="4000" rows="2" value=${text}
        onInput=${(event) => setText(event.target.value)}></textarea>
      <p class="hint">What came after this question goes, and the ranger answers anew.</p>
      <div class="buttons">
        <button class="button button-small button-quiet" type="button" onClick=${onDone}>Cancel</button>
        <button class="button button-small" type="submit" aria-disabled=${busy || !text.trim()}>Ask again</button>
      </div>
    </form>
  `;
}
