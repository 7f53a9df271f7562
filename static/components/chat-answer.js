/** An answer of the ranger: its words as they come, what they rest on, its earlier versions, and what can be done with it. */
import { useState } from "preact/hooks";
import { html } from "../html.js";
import { copyText } from "./chat-copy.js";
import { Markdown } from "./chat-markdown.js";
import { Icon, Logo } from "./icons.js";

/** The row of an answer; only the `newest` can be given again. */
export function Answer({ chat, message, newest }) {
  const versions = [...message.earlier, message];
  const [chosen, setChosen] = useState(null);
  const shown = versions.find((version) => version.id === chosen) ?? message;
  const streaming = message.status === "streaming";
  return html`
    <article class="chat-answer" data-row aria-label="The ranger answered" aria-busy=${streaming}>
      <span class="chat-badge"><${Logo} /></span>
      <div class="chat-words">
        ${shown.text
          ? html`<${Markdown} key=${shown.id} text=${shown.text} growing=${shown === message && streaming} />`
          : streaming && html`<p class="chat-thinking">The ranger is thinking<span aria-hidden="true">…</span></p>`}
        ${shown === message && html`<${Ending} chat=${chat} message=${message} newest=${newest} />`}
        ${shown === message && html`<${Sources} message=${message} />`}
        ${!streaming && html`
          <div class="chat-actions">
            ${versions.length > 1 && html`<${Versions} versions=${versions} shown=${shown} onChoose=${setChosen} />`}
            ${shown.text && html`
              <button class="icon-button" type="button" title="Copy the answer" aria-label="Copy the answer" onClick=${() => copyText(shown.text)}>
                <${Icon} name="copy" />
              </button>
            `}
            ${newest && html`
              <button class="icon-button" type="button" title="Answer again" aria-label="Answer again"
                onClick=${() => (setChosen(null), chat.regenerate(message.id))}>
                <${Icon} name="again" />
              </button>
            `}
          </div>
        `}
      </div>
    </article>
  `;
}

/** How an answer ended that is not whole, and how to go on. */
function Ending({ chat, message, newest }) {
  const again = (label) =>
    newest && html`<button class="button button-small button-quiet" type="button" onClick=${() => chat.regenerate(message.id)}>${label}</button>`;
  if (message.status === "stopped") return html`<p class="chat-state">You stopped this answer.</p>`;
  if (message.status === "interrupted") {
    return html`
      <div class="chat-ending" role="status">
        <p>${message.problem?.message ?? "The ranger was interrupted."}</p>${again("Go on")}
      </div>
    `;
  }
  if (message.status === "failed") {
    return html`
      <div class="chat-ending chat-ending-failed" role="status">
        <p>${message.problem?.message ?? "Something went wrong."}</p>${again("Try again")}
      </div>
    `;
  }
  if (message.finish === "length") return html`<p class="chat-state">The answer was getting long and ends here. Ask for more of it.</p>`;
  return null;
}

function Sources({ message }) {
  const { sources } = message;
  if (message.status === "streaming" || !sources?.length) return null;
  return html`
    <div class="chat-sources">
      <p class="visually-hidden">Based on</p>
      <ul aria-label="Sources">
        ${sources.map(
          (source) => html`<li key=${`${source.kind}${source.id}`}><${Source} source=${source} /></li>`,
        )}
      </ul>
      ${message.stale_sources && html`<p class="chat-stale"><${Icon} name="alert" />Based on something that has changed since.</p>`}
    </div>
  `;
}

const KINDS = { post: "Post", review: "Review", park: "Park", handbook: "Handbook" };

function Source({ source }) {
  const label = html`<span class="chat-source-kind">${KINDS[source.kind] ?? "Source"}</span> <bdi>${source.title}</bdi>`;
  return /^\/(?!\/)/.test(source.href)
    ? html`<a class="chat-source" href=${source.href}>${label}</a>`
    : html`<span class="chat-source">${label}</span>`;
}

function Versions({ versions, shown, onChoose }) {
  const place = versions.indexOf(shown);
  const go = (step) => onChoose(versions[place + step].id);
  return html`
    <div class="chat-versions" role="group" aria-label="Versions of this answer">
      <button class="icon-button" type="button" aria-label="Earlier version" disabled=${place === 0} onClick=${() => go(-1)}>
        <${Icon} name="left" />
      </button>
      <span aria-live="polite"><span class="visually-hidden">Version </span>${place + 1} of ${versions.length}</span>
      <button class="icon-button" type="button" aria-label="Later version" disabled=${place === versions.length - 1} onClick=${() => go(1)}>
        <${Icon} name="right" />
      </button>
    </div>
  `;
}
