/** A link to one post (`#post-7`) finds it, however long ago it was written. */
import { useEffect, useState } from "preact/hooks";
import { call } from "../api/session.js";
import { html } from "../html.js";
import { Post } from "./post.js";
import { toast } from "./toasts.js";

/** The post that the address names, above a feed that does not reach back to it. */
export function LinkedPost({ channel, posts }) {
  const id = Number(location.hash.match(/^#post-(\d+)$/)?.[1]);
  const [isClosed, setClosed] = useState(false);
  const list = channel.view().posts;
  const isMissing = Boolean(id) && !isClosed && !posts.some((post) => post.id === id);
  useEffect(() => {
    if (isMissing) read(channel, id);
  }, [channel, id, isMissing, list]);
  const post = isMissing && list.byId.get(id);
  if (!post) return null;
  return html`
    <section class="linked-post" aria-label="The post of this link">
      <${Post} channel=${channel} post=${post} />
      <button class="button button-small button-quiet" type="button" onClick=${() => setClosed(true)}>Close</button>
    </section>
  `;
}

async function read(channel, id) {
  try {
    const { data } = await call("GET", `/api/posts/${id}`);
    if (data.channel === channel.slug && !data.hidden) channel.put(data);
  } catch (error) {
    toast(error.status === 404 || error.status === 410 ? "The post of this link is no longer there." : error.message);
  }
}
