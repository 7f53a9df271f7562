/** A conversation with the ranger, or the start of one: for the page of its own and for a park's page. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { member } from "../api/session.js";
import { beginConversation } from "../chat/conversations.js";
import { askFirst, OpenChat } from "../chat/open-chat.js";
import { lastAnswer, shownMessages } from "../chat/state.js";
import { html } from "../html.js";
import { Answer } from "./chat-answer.js";
import { ChatComposer } from "./chat-composer.js";
import { ChatIntro, ChatNote } from "./chat-intro.js";
import { Question } from "./chat-question.js";
import { ChatSpoken } from "./chat-spoken.js";
import { ConnectionLine } from "./connection-line.js";
import { Icon } from "./icons.js";
import { useScroller } from "./scroller.js";
import { Empty, Loading } from "./states.js";

/**
 * The panel.
 * @param {{id: number | null, about: object | null, inPage?: boolean, intro?: any, onBegun: (id: number) => void}} props
 *   `id` null: a new conversation, about the channel `about` (or none); `inPage`: the page around it shows the connection
 */
export function ChatPanel({ id, about, inPage = false, intro = null, onBegun }) {
  return id === null
    ? html`<${NewChat} key="new" about=${about} intro=${intro} onBegun=${onBegun} />`
    : html`<${Chat} key=${`${member.value.username}/${id}`} id=${id} about=${about} inPage=${inPage} />`;
}

function NewChat({ about, intro, onBegun }) {
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const ask = async (text) => {
    if (busy) return false;
    setBusy(true);
    setProblem(null);
    try {
      const { id } = await beginConversation(about?.slug);
      askFirst(id, text);
      onBegun(id);
      return true;
    } catch (error) {
      setProblem(error.status === 0 ? "There is no connection: your question stays here. Try again with more signal." : error.message);
      setBusy(false);
      return false;
    }
  };
  return html`
    <div class="chat">
      <div class="chat-scroll"><${ChatIntro} about=${about} onAsk=${ask}>${intro}<//></div>
      <${ChatProblem} text=${problem} onClose=${() => setProblem(null)} />
      <${ChatComposer} draftKey=${draftKey(`new-${about?.slug ?? ""}`)} answering=${false} blocked=${busy ? "One moment…" : null}
        onAsk=${ask} />
      <${ChatNote} />
    </div>
  `;
}

function draftKey(name) {
  return `${member.value.username}/chat/${name}`;
}

function Chat({ id, about, inPage }) {
  const chat = useMemo(() => new OpenChat(id), [id]);
  useEffect(() => {
    chat.open();
    return () => chat.close();
  }, [chat]);
  const state = chat.view();
  const unsent = chat.unsent.value;
  const messages = shownMessages(state, unsent);
  const newest = lastAnswer(state);
  const scroller = useScroller(() => null);
  const ask = (text) => {
    scroller.toEnd();
    chat.ask(text);
    return true;
  };
  if (state.gone) return html`<${Gone} />`;
  return html`
    <div class="chat">
      ${!inPage && html`<${ConnectionLine} channel=${chat} />`}
      <div class="chat-scroll" ref=${scroller.ref} role="log" aria-live="off" aria-label="Conversation" tabindex="0">
        <div class="chat-rows">
          ${state.seq < 0 && !unsent && html`<${Loading} lines=${4} />`}
          ${state.seq >= 0 && messages.length === 0 && html`<${ChatIntro} about=${about} onAsk=${ask} />`}
          ${messages.map((message) => html`
            <${Row} key=${keyOf(message)} chat=${chat} message=${message} newest=${message === newest} />
          `)}
        </div>
      </div>
      ${!scroller.atEnd && html`
        <button class="pill chat-pill" type="button" onClick=${scroller.toEnd}><${Icon} name="down" />To the newest</button>
      `}
      <${ChatSpoken} answer=${newest} />
      <${ChatProblem} text=${chat.problem.value} onClose=${() => (chat.problem.value = null)} />
      <${ChatComposer} draftKey=${draftKey(id)} focused=${chat.begun} answering=${state.answering !== null}
        blocked=${unsent ? "Your question is still on its way." : null} onAsk=${ask} onStop=${() => chat.stop()} />
      <${ChatNote} />
    </div>
  `;
}

/** A question on its way stays the same row when the hub's own comes, and an answer when it is given again. */
function keyOf(message) {
  return message.role === "user" ? (message.client_id ?? message.id) : `answer-${message.question}`;
}

/** A row is drawn again only when its message is another object. */
function Row({ chat, message, newest }) {
  return useMemo(
    () =>
      message.role === "user"
        ? html`<${Question} chat=${chat} message=${message} />`
        : html`<${Answer} chat=${chat} message=${message} newest=${newest} />`,
    [chat, message, newest],
  );
}

function ChatProblem({ text, onClose }) {
  return html`
    <div role="alert">
      ${text && html`
        <p class="line line-warn">${text} <button class="link-button" type="button" onClick=${onClose}>Close</button></p>
      `}
    </div>
  `;
}

function Gone() {
  return html`
    <div class="chat">
      <${Empty} title="This conversation is not there.">It was deleted, or it is somebody else's. <a href="/chat">Begin a new one</a>.<//>
    </div>
  `;
}
