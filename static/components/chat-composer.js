/** Where a question is written: kept as a draft while it grows; while the ranger answers, its button stops. */
import { useEffect, useRef, useState } from "preact/hooks";
import { html } from "../html.js";
import { useDraft } from "./draft.js";
import { Icon } from "./icons.js";
import { growToText, sendsOnEnter } from "./keys.js";

const MOST = 4_000;
const NEAR = 400;
const EMPTY = { text: "" };
const touch = matchMedia("(pointer: coarse)");

/**
 * The composer.
 * @param {object} props
 * @param {string} props.draftKey
 * @param {boolean} [props.focused] one writes on here; on a phone no keyboard pops up
 * @param {boolean} props.answering
 * @param {string | null} props.blocked why nothing can be asked now
 * @param {(text: string) => boolean | Promise<boolean>} props.onAsk whether the question was taken; until then it stays
 * @param {() => void} [props.onStop]
 */
export function ChatComposer({ draftKey, focused = false, answering, blocked, onAsk, onStop }) {
  const { draft, change } = useDraft(draftKey, EMPTY);
  const { text } = draft;
  const setText = (next) => change({ text: next });
  const [hint, setHint] = useState(null);
  const area = useRef(null);
  useEffect(() => growToText(area.current), [text]);
  useEffect(() => void (focused && !touch.matches && area.current.focus()), []);
  useEffect(() => setHint(null), [answering, blocked]);
  const send = async (event) => {
    event.preventDefault();
    if (!text.trim()) return area.current.focus();
    if (answering || blocked) return setHint(blocked ?? "The ranger is still answering. Wait for the end, or stop it.");
    area.current.focus();
    if (await onAsk(text.trim())) setText("");
  };
  const stop = () => {
    onStop();
    if (!touch.matches) area.current.focus();
  };
  const left = MOST - text.length;
  return html`
    <form data-draft class="chat-composer" onSubmit=${send} onKeyDown=${(event) => sendsOnEnter(event) && send(event)}>
      <div class="chat-composer-field">
        <textarea dir="auto" ref=${area} aria-label="Your question to the ranger" placeholder="Ask the ranger…" rows="1" maxlength=${MOST}
          enterkeyhint="send" value=${text} onInput=${(event) => setText(event.target.value)}></textarea>
        ${left < NEAR && html`<p class="hint">${left} letters left</p>`}
        <p class="hint" role="status">${hint}</p>
      </div>
      ${answering
        ? html`
            <button key="stop" class="button composer-send" type="button" aria-label="Stop the answer" title="Stop the answer" onClick=${stop}>
              <${Icon} name="stop" />
            </button>
          `
        : html`<button key="ask" class="button composer-send" type="submit" aria-label="Ask" title="Ask"><${Icon} name="send" /></button>`}
    </form>
  `;
}
