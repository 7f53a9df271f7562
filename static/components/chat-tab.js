/** The tab "Ranger" of a channel: the newest conversation about it, or a new one. */
import { useEffect, useState } from "preact/hooks";
import { member } from "../api/session.js";
import { conversations, listProblem, readConversations, titleOf } from "../chat/conversations.js";
import { html } from "../html.js";
import { ChatGuest } from "./chat-intro.js";
import { ChatPanel } from "./chat-panel.js";
import { Icon } from "./icons.js";
import { ErrorBox, Loading } from "./states.js";

/** The tab. */
export function ChatTab({ channel }) {
  const about = channel.view().channel;
  const [wanted, setWanted] = useState(undefined);
  const username = member.value?.username;
  useEffect(() => void (username && readConversations()), [username]);
  if (member.value === null) return html`<${ChatGuest} about=${about} />`;
  const own = conversations.value?.filter((one) => one.channel === channel.slug);
  if (listProblem.value && !own) return html`<${ErrorBox} text=${listProblem.value} onRetry=${readConversations} />`;
  if (!username || (!own && wanted === undefined)) return html`<${Loading} />`;
  const id = wanted === undefined ? (own[0]?.id ?? null) : wanted;
  const current = conversations.value?.find((one) => one.id === id);
  return html`
    <div class="chat-tab">
      <div class="chat-tab-head">
        <p>${current ? titleOf(current) : "New conversation"}</p>
        ${id !== null && html`
          <button class="button button-small button-quiet" type="button" onClick=${() => setWanted(null)}><${Icon} name="plus" />New</button>
        `}
        <a class="button button-small button-quiet" href="/chat">All conversations</a>
      </div>
      <${ChatPanel} id=${id} about=${about} inPage onBegun=${setWanted} />
    </div>
  `;
}
