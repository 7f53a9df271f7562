/** A question that must be answered: the browser's own dialog keeps the focus and closes on Escape. */
import { useEffect, useRef } from "preact/hooks";
import { html } from "../html.js";

/** Ask before something that cannot be undone. */
export function Confirm({ title, children, action, onConfirm, onCancel }) {
  const dialog = useRef(null);
  useEffect(() => dialog.current.showModal(), []);
  return html`
    <dialog ref=${dialog} class="dialog" aria-labelledby="dialog-title" onClose=${onCancel}>
      <h2 id="dialog-title">${title}</h2>
      ${children}
      <div class="buttons">
        <button class="button button-quiet" type="button" onClick=${onCancel}>Cancel</button>
        <button class="button button-danger" type="button" onClick=${onConfirm}>${action}</button>
      </div>
    </dialog>
  `;
}
