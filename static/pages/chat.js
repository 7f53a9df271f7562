/** The ranger's page: one's conversations, and the one that is open. */
import { useEffect, useState } from "preact/hooks";
import { call, member } from "../api/session.js";
import { conversations, readConversations, titleOf } from "../chat/conversations.js";
import { ChatGuest } from "../components/chat-intro.js";
import { ChatList } from "../components/chat-list.js";
import { ChatPanel } from "../components/chat-panel.js";
import { Icon } from "../components/icons.js";
import { Loading, NotFound } from "../components/states.js";
import { html } from "../html.js";
import { navigate } from "../router.js";

export default function ChatPage({ params, query }) {
  const channels = useChannels();
  const username = member.value?.username;
  useEffect(() => void (username && readConversations()), [username]);
  const id = params.conversation === undefined ? null : Number(params.conversation);
  const isNone = id !== null && !/^\d{1,15}$/.test(params.conversation);
  const current = conversations.value?.find((one) => one.id === id);
  useEffect(() => void (document.title = `${current ? titleOf(current) : "Ranger"} · Frostbyte Hub`), [current?.title]);
  const about = channels.get(id === null ? query.channel : current?.channel) ?? null;
  if (isNone) return html`<${NotFound} what="There is no such conversation." />`;
  if (member.value === undefined) return html`<${Loading} />`;
  if (member.value === null) return html`<${ChatGuest} about=${about} heading="h1" />`;
  return html`<${Page} id=${id} about=${about} channels=${channels} current=${current} />`;
}

function Page({ id, about, channels, current }) {
  const [listed, setListed] = useState(false);
  const names = new Map([...channels.values()].map((channel) => [channel.slug, channel.name]));
  const picker = html`<${ParkPicker} channels=${channels} about=${about} />`;
  return html`
    <div class=${listed ? "chat-page chat-page-listed" : "chat-page"}>
      <aside class="chat-side" aria-label="Your conversations" id="chat-side" onClick=${(event) => event.target.closest("a") && setListed(false)}>
        <a class="button button-small" href="/chat"><${Icon} name="plus" />New conversation</a>
        <${ChatList} current=${id} names=${names} onGone=${() => navigate("/chat", { replace: true })} />
      </aside>
      <section class="chat-main" aria-label="Conversation with the ranger">
        <header class="chat-head">
          <button class="button button-small button-quiet chat-side-toggle" type="button" aria-expanded=${listed} aria-controls="chat-side"
            onClick=${() => setListed(!listed)}>${listed ? "Close" : "Conversations"}</button>
          <h1>${current ? titleOf(current) : "Ranger"}</h1>
          ${about && id !== null && html`<a class="chat-about" href=${`/channels/${about.slug}`}>${about.name}</a>`}
        </header>
        <${ChatPanel} id=${id} about=${about} intro=${picker} onBegun=${(begun) => navigate(`/chat/${begun}`, { replace: true })} />
      </section>
    </div>
  `;
}

function ParkPicker({ channels, about }) {
  const choose = (event) => navigate(event.target.value ? `/chat?channel=${event.target.value}` : "/chat", { replace: true });
  return html`
    <label class="chat-picker">
      <span>Which park is it about?</span>
      <select value=${about?.slug ?? ""} onChange=${choose}>
        <option value="">Any park</option>
        ${[...channels.values()].filter((one) => one.kind === "park").map((one) => html`<option key=${one.slug} value=${one.slug}>${one.name}</option>`)}
      </select>
    </label>
  `;
}

/** @returns {Map<string | undefined, object>} all channels by slug, by name; empty until they were read */
function useChannels() {
  const [channels, setChannels] = useState(new Map());
  useEffect(() => {
    let current = true;
    call("GET", "/api/channels").then(
      ({ data }) => {
        const all = data.items.flatMap((group) => group.channels).sort((a, b) => a.name.localeCompare(b.name));
        if (current) setChannels(new Map(all.map((channel) => [channel.slug, channel])));
      },
      () => null,
    );
    return () => (current = false);
  }, []);
  return channels;
}
