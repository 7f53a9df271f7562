/** The feed: posts with the newest at the end, what is new, who writes, and the composer. */
import { useEffect, useState } from "preact/hooks";
import { local } from "../api/kept.js";
import { member } from "../api/session.js";
import { authorsIn, calledInText } from "../feed/names.js";
import { outbox } from "../feed/sender.js";
import { visiblePosts } from "../feed/state.js";
import { typingLine } from "../feed/typing.js";
import { newestId, newPosts, spoken, unseen } from "../feed/unread.js";
import { html } from "../html.js";
import { loginHref } from "../router.js";
import { Composer } from "./composer.js";
import { Icon } from "./icons.js";
import { PostList } from "./post-list.js";
import { LinkedPost } from "./post-linked.js";
import { useScroller } from "./scroller.js";

const SPEAK_MS = 1_500;

/** The tab "Feed". */
export function Feed({ channel }) {
  const waiting = outbox.value.filter((entry) => entry.channel === channel.slug && isMine(entry));
  const posts = visiblePosts(channel.view(), waiting);
  const scroller = useScroller(() => channel.older());
  const [unreadAfter] = useState(() => readMark(channel.slug));
  const [seen, setSeen] = useState(() => newestId(posts));
  useSeen(channel.slug, posts, scroller.atEnd, setSeen);
  const fresh = unseen(posts, seen, member.value?.username).length;
  return html`
    <div class="feed">
      <${LinkedPost} channel=${channel} posts=${posts} />
      <div class="feed-scroll" ref=${scroller.ref} role="log" aria-live="off" aria-label="Posts" tabindex="0">
        <${PostList} channel=${channel} posts=${posts} unreadAfter=${unreadAfter} />
      </div>
      ${fresh > 0 && !scroller.atEnd && html`<${Pill} count=${fresh} onClick=${scroller.toEnd} />`}
      <${Spoken} channel=${channel} />
      <p class="typing" aria-hidden="true">${typingLine(writersOf(channel))}</p>
      ${member.value ? html`<${Composer} channel=${channel} onSent=${scroller.toEnd} />` : html`<${Invitation} />`}
    </div>
  `;
}

function writersOf(channel) {
  const authors = authorsIn(channel.view());
  return channel.writing.value.map((username) => calledInText(authors.get(username) ?? { name: username, username }));
}

function isMine(entry) {
  return entry.author.username === member.value?.username;
}

function readMark(slug) {
  return Number(local.get(`hub.read.${slug}`)) || 0;
}

/** Who is at the end with the page before their eyes has seen everything. */
function useSeen(slug, posts, atEnd, setSeen) {
  const newest = newestId(posts);
  useEffect(() => {
    const note = () => {
      if (!atEnd || document.hidden || newest === 0) return;
      setSeen(newest);
      local.set(`hub.read.${slug}`, String(newest));
    };
    note();
    document.addEventListener("visibilitychange", note);
    return () => document.removeEventListener("visibilitychange", note);
  }, [slug, newest, atEnd]);
}

function Pill({ count, onClick }) {
  return html`
    <button class="pill" type="button" onClick=${() => onClick()}><${Icon} name="down" />${newPosts(count)}</button>
  `;
}

/** What a screen reader hears: one sentence for all that came within a moment. */
function Spoken({ channel }) {
  const [text, setText] = useState("");
  const news = channel.news.value;
  const [spokenTo, setSpokenTo] = useState(newestId(news));
  useEffect(() => {
    const batch = unseen(news, spokenTo, member.peek()?.username);
    if (!batch.length) return undefined;
    const timer = setTimeout(() => {
      setSpokenTo(newestId(news));
      setText(spoken(batch));
    }, SPEAK_MS);
    return () => clearTimeout(timer);
  }, [news, spokenTo]);
  return html`<p class="visually-hidden" aria-live="polite">${text}</p>`;
}

function Invitation() {
  return html`
    <div class="invitation">
      <p>You are reading as a guest. Members can post, ask and answer.</p>
      <div class="buttons">
        <a class="button button-small" href=${loginHref()}>Log in</a>
        <a class="button button-small button-quiet" href=${loginHref("/register")}>Make an account</a>
      </div>
    </div>
  `;
}
