/** Sharing where one is: how exactly, for how long, and stopping. Nothing is asked of the browser before a click. */
import { useState } from "preact/hooks";
import { member } from "../api/session.js";
import { html } from "../html.js";
import { loginHref } from "../router.js";

const TIMES = [
  { seconds: 900, label: "15 minutes" },
  { seconds: 3600, label: "1 hour" },
  { seconds: 2 * 3600, label: "2 hours" },
  { seconds: 4 * 3600, label: "4 hours" },
  { seconds: 8 * 3600, label: "8 hours" },
];

/** @param {{sharing: object, mine: object | undefined}} props `mine` is what others see of oneself now */
export function LocationShare({ sharing, mine }) {
  if (!member.value) {
    return html`<p class="location-share"><a href=${loginHref()}>Log in</a> to show others where you are.</p>`;
  }
  const state = sharing.state.value;
  const isOn = state.kind === "on" || mine !== undefined;
  return html`
    <section class="location-share" aria-label="Share where you are">
      ${isOn && state.kind !== "stopping"
        ? html`<${On} sharing=${sharing} until=${state.until ?? Date.parse(mine.expires_at)} precision=${mine?.precision ?? state.precision} />`
        : html`<${Off} sharing=${sharing} busy=${state.kind === "looking" || state.kind === "stopping"} kind=${state.kind} />`}
      <div role="alert">${state.problem && html`<p class="wrong">${state.problem}</p>`}</div>
    </section>
  `;
}

function On({ sharing, until, precision }) {
  const time = new Date(until).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return html`
    <p class="location-on" role="status">
      <span class="dot"></span> You share ${precision === "area" ? "about where you are" : "exactly where you are"} until ${time}.
    </p>
    <button class="button button-small" type="button" onClick=${() => sharing.stop()}>Stop sharing</button>
  `;
}

function Off({ sharing, busy, kind }) {
  const [precision, setPrecision] = useState("area");
  const [seconds, setSeconds] = useState(3600);
  const start = (event) => {
    event.preventDefault();
    sharing.start({ precision, seconds });
  };
  return html`
    <form class="location-form" onSubmit=${start}>
      <fieldset>
        <legend>Show others where you are</legend>
        <${Choice} value="area" chosen=${precision} onChoose=${setPrecision} label="About (5 km)" />
        <${Choice} value="exact" chosen=${precision} onChoose=${setPrecision} label="Exactly" />
      </fieldset>
      <label>
        <span>for</span>
        <select value=${seconds} onChange=${(event) => setSeconds(Number(event.target.value))}>
          ${TIMES.map((time) => html`<option value=${time.seconds}>${time.label}</option>`)}
        </select>
      </label>
      <button class="button button-small" type="submit" disabled=${busy}>${kind === "looking" ? "Finding you…" : "Share"}</button>
      <p class="muted">
        Everyone who opens this park sees it, until it ends or you stop. Only the newest place is kept, then it is erased.
        “About” is blurred by the hub before it is stored or shown.
      </p>
    </form>
  `;
}

function Choice({ value, chosen, onChoose, label }) {
  return html`
    <label class="choice">
      <input type="radio" name="precision" value=${value} checked=${chosen === value} onChange=${() => onChoose(value)} /> ${label}
    </label>
  `;
}
