/** Short notices that go by themselves. */
import { signal } from "@preact/signals";
import { html } from "../html.js";

const SHOWN_MS = 6_000;
const shown = signal([]);
let last = 0;

/** Say something in passing. */
export function toast(text) {
  const id = ++last;
  shown.value = [...shown.value, { id, text }];
  setTimeout(() => (shown.value = shown.value.filter((entry) => entry.id !== id)), SHOWN_MS);
}

/** Where the notices show. */
export function Toasts({ children }) {
  return html`
    <div class="toasts" role="status" aria-live="polite">
      ${shown.value.map(({ id, text }) => html`<p key=${id} class="toast">${text}</p>`)}
      ${children}
    </div>
  `;
}
