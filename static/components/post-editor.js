/** A post being changed, in its place. */
import { useEffect, useRef, useState } from "preact/hooks";
import { call } from "../api/session.js";
import { saysTheSame, versionOf } from "../feed/versions.js";
import { html } from "../html.js";
import { Conflict } from "./conflict.js";
import { growToText, leavesOnEscape, sendsOnEnter } from "./keys.js";

/** The form; Escape leaves it. */
export function PostEditor({ channel, post, onDone }) {
  const [title, setTitle] = useState(post.title);
  const [comment, setComment] = useState(post.comment);
  const [problem, setProblem] = useState(null);
  const [theirs, setTheirs] = useState(null);
  const [busy, setBusy] = useState(false);
  const base = useRef(post);
  const area = useRef(null);
  useEffect(() => area.current.focus(), []);
  useEffect(() => growToText(area.current), [comment]);
  const save = async (event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setProblem(null);
    const body = { title: title.trim(), comment: comment.trim(), content: base.current.content };
    try {
      finish((await call("PUT", `/api/posts/${post.id}`, { body, basedOn: versionOf(base.current) })).data);
    } catch (error) {
      if (error.status !== 412) setProblem(error.message);
      else if (saysTheSame(error.current, body)) return finish(error.current);
      else setTheirs((base.current = error.current));
      setBusy(false);
    }
  };
  const finish = (saved) => {
    channel.put(saved);
    onDone();
  };
  const onKeyDown = (event) => {
    if (leavesOnEscape(event)) onDone();
    else if (sendsOnEnter(event, { always: false })) save(event);
  };
  return html`
    <form class="editor" onSubmit=${save} onKeyDown=${onKeyDown}>
      <input dir="auto" aria-label="Title" value=${title} maxlength="255" required onInput=${(event) => setTitle(event.target.value)} />
      <textarea dir="auto" ref=${area} aria-label="Text" maxlength="4000" required rows="2" value=${comment}
        onInput=${(event) => setComment(event.target.value)}></textarea>
      ${problem && html`<p class="wrong" role="alert">${problem}</p>`}
      ${theirs
        ? html`<${Conflict} theirs=${theirs} busy=${busy} onTake=${() => finish(theirs)} />`
        : html`
            <div class="buttons">
              <button class="button button-small button-quiet" type="button" onClick=${onDone}>Cancel</button>
              <button class="button button-small" type="submit" aria-disabled=${busy}>Save</button>
            </div>
          `}
    </form>
  `;
}
