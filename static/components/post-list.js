/** The rows of a feed: days, the unread line, posts, and the way to older ones. */
import { member } from "../api/session.js";
import { dayName, sameDay } from "../feed/time.js";
import { html } from "../html.js";
import { now } from "./clock.js";
import { Post } from "./post.js";
import { Empty } from "./states.js";

/** All rows. */
export function PostList({ channel, posts, unreadAfter }) {
  const firstUnread = unreadAfter && posts.find((post) => isUnread(post, unreadAfter));
  return html`
    <div class="rows">
      <${Older} channel=${channel} />
      ${posts.length === 0 && html`<${Empty} title="Nobody has written here yet.">Be the first: what is it like today?<//>`}
      ${posts.flatMap((post, index) => [
        startsDay(posts, index) && html`<${Day} key=${`day-${keyOf(post)}`} at=${post.created_at} />`,
        post === firstUnread && index > 0 && html`<${UnreadLine} key="unread" />`,
        html`<${Post} key=${keyOf(post)} channel=${channel} post=${post} />`,
      ])}
    </div>
  `;
}

function Day({ at }) {
  return html`<h3 class="day">${dayName(at, now.value)}</h3>`;
}

function UnreadLine() {
  return html`<p class="unread-line"><span>New since your last visit</span></p>`;
}

/** An optimistic row stays the same row when the real post comes. */
function keyOf(post) {
  return post.client_id ?? post.id;
}

function isUnread(post, unreadAfter) {
  return !post.pending && post.id > unreadAfter && post.author.username !== member.value?.username;
}

function startsDay(posts, index) {
  return index === 0 || !sameDay(posts[index - 1].created_at, posts[index].created_at);
}

function Older({ channel }) {
  if (channel.view().posts.next === null) return null;
  const state = channel.olderState.value;
  return html`
    <div class="older">
      ${state === "failed" && html`<p class="wrong" role="alert">Older posts could not be loaded.</p>`}
      <button class="button button-small button-quiet" type="button" aria-disabled=${state === "loading"} onClick=${() => channel.older()}>
        ${state === "loading" ? "Loading…" : "Show older posts"}
      </button>
    </div>
  `;
}
