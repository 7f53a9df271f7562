/** Before the first question: what the ranger is for, what one might ask, and who answers. */
import { useEffect, useState } from "preact/hooks";
import { request } from "../api/http.js";
import { suggestions } from "../chat/suggestions.js";
import { html } from "../html.js";
import { loginHref } from "../router.js";
import { Logo } from "./icons.js";

let config = null;

/** @returns {"offline" | "gemini" | null} who answers on this hub, null until it is known */
export function useRangerKind() {
  const [kind, setKind] = useState(null);
  useEffect(() => {
    let current = true;
    config ??= request("GET", "/api/config").catch(() => (config = null));
    config.then((answer) => current && answer && setKind(answer.data.ranger));
    return () => (current = false);
  }, []);
  return kind;
}

/** The start of a conversation; without `onAsk` the questions only show what it can do. */
export function ChatIntro({ about, onAsk, heading = "h2", children }) {
  return html`
    <div class="chat-intro">
      <span class="chat-badge chat-badge-large"><${Logo} /></span>
      <${heading} class="chat-intro-title">${about ? `Ask the ranger about ${about.name}` : "Ask the camping ranger"}<//>
      <p>
        Gear and cheaper alternatives, food, water, weather, wildlife, first aid, permits: short answers, safety first. Or read the
        ${" "}<a href="/handbook">handbook</a>.
      </p>
      ${children}
      <ul class="chat-suggestions" aria-label="Questions you might ask">
        ${suggestions(about).map(
          (text) => html`
            <li key=${text}>
              ${onAsk
                ? html`<button class="chat-suggestion" type="button" onClick=${() => onAsk(text)}>${text}</button>`
                : html`<span class="chat-suggestion">${text}</span>`}
            </li>
          `,
        )}
      </ul>
    </div>
  `;
}

/** For a guest: what it can do, and the way in. */
export function ChatGuest({ about, heading }) {
  return html`
    <div class="chat chat-guest">
      <div class="chat-scroll">
        <${ChatIntro} about=${about} heading=${heading}>
          <p>Members can ask. An account is free, and your conversations are yours alone.</p>
          <div class="buttons">
            <a class="button" href=${loginHref()}>Log in to ask</a>
            <a class="button button-quiet" href=${loginHref("/register")}>Make an account</a>
          </div>
        <//>
      </div>
      <${ChatNote} />
    </div>
  `;
}

/** Who answers, and what to do besides. */
export function ChatNote() {
  const kind = useRangerKind();
  return html`
    <p class="chat-note">
      ${kind === "offline" && html`<strong>Offline ranger:</strong> it answers from a handbook, the parks' facts and visitors' posts. `}
      ${kind === "gemini" && "The ranger is an AI and can be wrong. "}
      Check with the park service before you go; in an emergency call 911.
    </p>
  `;
}
