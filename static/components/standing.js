/** In one's account: what moderators have decided about oneself. Nothing while there is nothing. */
import { useEffect, useState } from "preact/hooks";
import { call } from "../api/session.js";
import { html } from "../html.js";
import { Thing, Until } from "./moderation-thing.js";

/** A panel. */
export function Standing() {
  const [found, setFound] = useState(null);
  useEffect(() => {
    let current = true;
    call("GET", "/api/moderation/mine").then(({ data }) => current && setFound(data), () => null);
    return () => (current = false);
  }, []);
  if (!found || found.mutes.length + found.posts.length + found.reviews.length === 0) return null;
  return html`
    <section class="panel">
      <h2>From the moderators</h2>
      ${found.mutes.map(
        (mute) => html`
          <p key=${mute.id}>
            You cannot write ${mute.channel ? `in ${mute.channel}` : "anywhere"} <${Until} at=${mute.until} />: “<bdi>${mute.reason}</bdi>”
          </p>
        `,
      )}
      ${found.posts.map((post) => html`<${Thing} key=${`p${post.id}`} kind="post" thing=${post} />`)}
      ${found.reviews.map((review) => html`<${Thing} key=${`r${review.id}`} kind="review" thing=${review} />`)}
    </section>
  `;
}
