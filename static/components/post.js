/** One post: as it is, on its way, failed, or being edited. */
import { useState } from "preact/hooks";
import { call, isModerator, member } from "../api/session.js";
import { discard, retry } from "../feed/sender.js";
import { exactTime } from "../feed/time.js";
import { html } from "../html.js";
import { useAnchor } from "./anchor.js";
import { Avatar } from "./avatar.js";
import { Time } from "./clock.js";
import { Confirm } from "./dialog.js";
import { Icon } from "./icons.js";
import { Moderate } from "./moderate.js";
import { PersonName } from "./person.js";
import { PlainText } from "./plain-text.js";
import { PostEditor } from "./post-editor.js";
import { toast } from "./toasts.js";

/** A row of the feed. */
export function Post({ channel, post }) {
  const [editing, setEditing] = useState(false);
  const name = post.pending ? null : `post-${post.id}`;
  const anchor = useAnchor(name);
  return html`
    <article ref=${anchor} id=${name} class=${post.pending ? `post post-${post.status}` : "post"} data-row aria-label=${`${post.author.name}: ${post.title}`}>
      <${Avatar} name=${post.author.name} username=${post.author.username} />
      <div class="post-body">
        <${Meta} post=${post} />
        ${editing
          ? html`<${PostEditor} channel=${channel} post=${post} onDone=${() => setEditing(false)} />`
          : html`<${Words} post=${post} />`}
        ${post.pending && html`<${Sending} post=${post} />`}
      </div>
      ${!editing &&
      !post.pending &&
      html`
        <div class="post-actions">
          ${mayChange(post) && html`<${Actions} channel=${channel} post=${post} onEdit=${() => setEditing(true)} />`}
          <${Moderate} kind="post" thing=${post} />
        </div>
      `}
    </article>
  `;
}

function mayChange(post) {
  const who = member.value;
  return Boolean(who) && (post.author.username === who.username || isModerator(who));
}

function Meta({ post }) {
  const edited = !post.pending && post.updated_at !== post.created_at;
  return html`
    <p class="post-meta">
      <${PersonName} person=${post.author} className="post-author" />
      <span class="muted">
        <${Time} at=${post.created_at} />
        ${edited && html` · <span title=${exactTime(post.updated_at)}>edited</span>`}
      </span>
    </p>
  `;
}

function Words({ post }) {
  const tags = Array.isArray(post.content?.tags) ? post.content.tags.filter((tag) => typeof tag === "string") : [];
  return html`
    <h4 class="post-title" dir="auto">${post.title}</h4>
    <${PlainText} text=${post.comment} />
    ${tags.length > 0 && html`<ul class="chips">${tags.slice(0, 8).map((tag) => html`<li key=${tag} dir="auto">${tag}</li>`)}</ul>`}
  `;
}

function Sending({ post }) {
  if (post.status !== "failed") {
    const text = post.status === "sending" ? "Sending…" : "Waiting for signal; it is kept here until then.";
    return html`<p class="post-state muted">${text} ${post.status === "waiting" && html`<${Discard} post=${post} />`}</p>`;
  }
  return html`
    <p class="post-state wrong" role="alert">
      Not sent. ${post.error}
      <button class="link-button" type="button" onClick=${() => retry(post.client_id)}>Send again</button>
      <${Discard} post=${post} />
    </p>
  `;
}

function Discard({ post }) {
  return html`<button class="link-button" type="button" onClick=${() => discard(post.client_id)}>Delete</button>`;
}

function Actions({ channel, post, onEdit }) {
  const [asking, setAsking] = useState(false);
  const remove = async () => {
    setAsking(false);
    try {
      await call("DELETE", `/api/posts/${post.id}`);
      channel.remove(post.id);
    } catch (error) {
      if (error.status === 404 || error.status === 410) channel.remove(post.id);
      else toast(error.message);
    }
  };
  return html`
    <button class="icon-button" type="button" aria-label="Edit this post" title="Edit" onClick=${onEdit}><${Icon} name="edit" /></button>
    <button class="icon-button" type="button" aria-label="Delete this post" title="Delete" onClick=${() => setAsking(true)}>
      <${Icon} name="trash" />
    </button>
    ${asking &&
    html`
      <${Confirm} title="Delete this post?" action="Delete" onConfirm=${remove} onCancel=${() => setAsking(false)}>
        <p>“<bdi>${post.title}</bdi>” goes for everybody, and for good.</p>
      <//>
    `}
  `;
}
