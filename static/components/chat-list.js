/** The member's conversations: go to one, rename it, delete it. */
import { useEffect, useRef, useState } from "preact/hooks";
import {
  conversations, deleteConversation, hasOlder, listProblem, readConversations, readOlder, renameConversation, titleOf,
} from "../chat/conversations.js";
import { html } from "../html.js";
import { Time } from "./clock.js";
import { Confirm } from "./dialog.js";
import { Icon } from "./icons.js";
import { leavesOnEscape } from "./keys.js";
import { ErrorBox, Loading } from "./states.js";
import { toast } from "./toasts.js";

/** The list; `current` is the id of the one that is open, `onGone` is called when it is deleted here. */
export function ChatList({ current, names, onGone }) {
  const items = conversations.value;
  if (listProblem.value && !items) return html`<${ErrorBox} text=${listProblem.value} onRetry=${readConversations} />`;
  if (!items) return html`<${Loading} lines=${3} />`;
  if (!items.length) return html`<p class="muted chat-list-empty">Your conversations will be here. Only you can see them.</p>`;
  return html`
    <ul class="chat-list">
      ${items.map(
        (one) => html`
          <li key=${one.id} class=${one.id === current ? "chat-item chat-item-current" : "chat-item"}>
            <${Item} conversation=${one} isCurrent=${one.id === current} park=${names.get(one.channel)} onGone=${onGone} />
          </li>
        `,
      )}
    </ul>
    ${hasOlder.value && html`
      <button class="button button-small button-quiet" type="button" onClick=${readOlder}>Show older</button>
    `}
    ${listProblem.value && html`<p class="wrong" role="alert">${listProblem.value}</p>`}
  `;
}

function Item({ conversation, isCurrent, park, onGone }) {
  const [mode, setMode] = useState("shown");
  const title = titleOf(conversation);
  const remove = async () => {
    setMode("shown");
    try {
      await deleteConversation(conversation.id);
      if (isCurrent) onGone();
    } catch (error) {
      toast(error.message);
    }
  };
  if (mode === "renaming") return html`<${Rename} conversation=${conversation} onDone=${() => setMode("shown")} />`;
  return html`
    <a href=${`/chat/${conversation.id}`} aria-current=${isCurrent ? "page" : null}>
      <bdi class="chat-item-title">${title}</bdi>
      <span class="muted chat-item-about">${park && `${park} · `}<${Time} at=${conversation.updated_at} /></span>
    </a>
    <div class="chat-item-actions">
      <button class="icon-button" type="button" aria-label=${`Rename “${title}”`} title="Rename" onClick=${() => setMode("renaming")}>
        <${Icon} name="edit" />
      </button>
      <button class="icon-button" type="button" aria-label=${`Delete “${title}”`} title="Delete" onClick=${() => setMode("deleting")}>
        <${Icon} name="trash" />
      </button>
    </div>
    ${mode === "deleting" && html`
      <${Confirm} title="Delete this conversation?" action="Delete it" onConfirm=${remove} onCancel=${() => setMode("shown")}>
        <p>“<bdi>${title}</bdi>” goes for good, with all its answers.</p>
      <//>
    `}
  `;
}

function Rename({ conversation, onDone }) {
  const [title, setTitle] = useState(conversation.title);
  const field = useRef(null);
  useEffect(() => field.current.select(), []);
  const save = async (event) => {
    event.preventDefault();
    if (!title.trim()) return;
    try {
      await renameConversation(conversation.id, title.trim());
      onDone();
    } catch (error) {
      toast(error.message);
    }
  };
  return html`
    <form class="chat-rename" onSubmit=${save} onKeyDown=${(event) => leavesOnEscape(event) && onDone()}>
      <input ref=${field} aria-label="Title of the conversation" value=${title} maxlength="80" onInput=${(event) => setTitle(event.target.value)} />
      <div class="buttons">
        <button class="button button-small button-quiet" type="button" onClick=${onDone}>Cancel</button>
        <button class="button button-small" type="submit">Save</button>
      </div>
    </form>
  `;
}
