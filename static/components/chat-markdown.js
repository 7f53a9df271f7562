/** An answer's Markdown: finished blocks stay as they are while the last one grows. */
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { html } from "../html.js";

const library = signal(null);
let loading = null;

/** The libraries come with the first answer that is shown; until then, and without them, its text is plain. */
function load() {
  loading ??= import("../chat/markdown.js").then(
    (module) => (library.value = module),
    () => (loading = null),
  );
}

/** The text; `growing` while more will come. */
export function Markdown({ text, growing }) {
  const known = useRef(new Map());
  useEffect(load, []);
  if (!library.value) return html`<div class="markdown"><p class="plain-text" dir="auto">${text}</p></div>`;
  const blocks = library.value.blocksOf(text, growing, known.current);
  return html`
    <div class=${growing ? "markdown markdown-growing" : "markdown"}>
      ${blocks.map((block, index) => html`<div key=${index} class="markdown-block" dir="auto" dangerouslySetInnerHTML=${{ __html: block }}></div>`)}
    </div>
  `;
}
