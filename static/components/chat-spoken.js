/** What a screen reader hears of an answer: each sentence once it is whole. Answers that were there before stay quiet. */
import { useEffect, useRef, useState } from "preact/hooks";
import { nextSentences } from "../chat/sentences.js";
import { html } from "../html.js";

/** The live region for the newest answer. */
export function ChatSpoken({ answer }) {
  const place = useRef({ id: null, upTo: 0 });
  const [said, setSaid] = useState([]);
  useEffect(() => {
    if (!answer) return;
    const streaming = answer.status === "streaming";
    if (place.current.id !== answer.id) {
      place.current = { id: answer.id, upTo: streaming ? 0 : answer.text.length };
      setSaid([]);
    }
    const { spoken, upTo } = nextSentences(answer.text, place.current.upTo, !streaming);
    place.current.upTo = upTo;
    if (spoken) setSaid((before) => [...before, spoken]);
  }, [answer]);
  return html`
    <div class="visually-hidden" aria-live="polite" aria-relevant="additions" data-spoken>
      ${said.map((text, index) => html`<p key=${index}>${text}</p>`)}
    </div>
  `;
}
