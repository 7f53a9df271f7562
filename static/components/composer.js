/** Where a post is written: kept as a draft while it grows, and in the outbox from the moment it is sent. */
import { useEffect, useRef, useState } from "preact/hooks";
import { member } from "../api/session.js";
import { post } from "../feed/sender.js";
import { html } from "../html.js";
import { useDraft } from "./draft.js";
import { Icon } from "./icons.js";
import { afterPress, growToText, isComposing, sendsOnEnter } from "./keys.js";

const EMPTY = { title: "", comment: "" };

/** The composer of one channel. */
export function Composer({ channel, onSent }) {
  const { draft, change: setDraft } = useDraft(`${member.value.username}/${channel.slug}`, EMPTY);
  const [open, setOpen] = useState(false);
  const [problem, setProblem] = useState(null);
  const fields = { title: useRef(null), comment: useRef(null) };
  useEffect(() => growToText(fields.comment.current), [draft.comment]);
  const write = (change) => {
    setDraft({ ...draft, ...change });
    setProblem(null);
    channel.connection?.typing();
  };
  const send = (event) => {
    event.preventDefault();
    const missing = missingField(draft);
    if (missing) {
      setOpen(true);
      setProblem(missing === "title" ? "Give it a title first." : "Write something first.");
      fields[missing].current.focus();
      return;
    }
    post(channel.slug, { title: draft.title.trim(), comment: draft.comment.trim() });
    setDraft(EMPTY);
    setProblem(null);
    onSent();
    fields.title.current.focus();
  };
  const shown = open || draft.title || draft.comment;
  return html`
    <form data-draft class=${shown ? "composer composer-open" : "composer"} onSubmit=${send} onFocusIn=${() => setOpen(true)}
      onFocusOut=${(event) => !event.currentTarget.contains(event.relatedTarget) && afterPress(() => setOpen(false))}
      onKeyDown=${(event) => sendsOnEnter(event) && send(event)}>
      <div class="composer-fields">
        <input dir="auto" ref=${fields.title} class="composer-title" aria-label="Title" placeholder=${shown ? "Title" : placeholder(channel)}
          maxlength="255" autocomplete="off" enterkeyhint="next" value=${draft.title}
          onInput=${(event) => write({ title: event.target.value })}
          onKeyDown=${(event) => nextField(event, fields.comment.current)} />
        <textarea dir="auto" ref=${fields.comment} aria-label="Text" rows="1" maxlength="4000" placeholder="What did you see?"
          value=${draft.comment} onInput=${(event) => write({ comment: event.target.value })}></textarea>
        <p class="wrong" role="alert">${problem}</p>
      </div>
      <button class="button composer-send" type="submit" aria-label="Post" title="Post"><${Icon} name="send" /></button>
    </form>
  `;
}

function placeholder(channel) {
  return `Write about ${channel.view().channel?.name ?? "this"}…`;
}

function missingField({ title, comment }) {
  if (!title.trim()) return "title";
  return comment.trim() ? null : "comment";
}

function nextField(event, field) {
  if (event.key !== "Enter" || isComposing(event) || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  field.focus();
}
