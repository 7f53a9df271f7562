/** Share where I am in this park: how exactly, for how long, who sees it; and one click to stop. */
import { useEffect, useState } from "preact/hooks";
import { member } from "../api/session.js";
import { DURATIONS } from "../feed/locations.js";
import { timeOfDay } from "../feed/time.js";
import { html } from "../html.js";
import { loginHref } from "../router.js";
import { Icon } from "./icons.js";
import { followHub, shared, sharing } from "./location-sharing.js";

const PRECISIONS = [
  { id: "area", label: "About 5 km", hint: "Others see an area. The hub forgets the exact spot at once." },
  { id: "exact", label: "Exact spot", hint: "Others see precisely where you are." },
];

/**
 * @param {object} channel an OpenChannel
 * @param {object | undefined} mine what the hub has of the member in this channel
 */
export function ShareLocation({ channel, mine }) {
  useEffect(() => followHub(channel), [channel]);
  const state = shared.value.slug === channel.slug ? shared.value : null;
  return html`
    <section class="share" aria-labelledby="share-heading">
      <h2 id="share-heading">Share where you are</h2>
      ${member.value === null && html`<p><a href=${loginHref()}>Log in</a> to show others where you are.</p>`}
      ${member.value && (mine || state?.until
        ? html`<${Shared} channel=${channel} mine=${mine} state=${state} />`
        : html`<${Offer} slug=${channel.slug} busy=${state?.busy} />`)}
      <div role="alert">${shared.value.problem && html`<p class="wrong">${shared.value.problem}</p>`}</div>
    </section>
  `;
}

function Offer({ slug, busy }) {
  const [precision, setPrecision] = useState("area");
  const [seconds, setSeconds] = useState(DURATIONS[1].seconds);
  const share = (event) => {
    event.preventDefault();
    sharing.start(slug, { precision, seconds });
  };
  return html`
    <form onSubmit=${share}>
      <fieldset class="precisions">
        <legend>How exactly</legend>
        ${PRECISIONS.map(
          ({ id, label, hint }) => html`
            <label key=${id}>
              <input type="radio" name="precision" value=${id} checked=${precision === id} onChange=${() => setPrecision(id)} />
              <span>${label}<span class="hint">${hint}</span></span>
            </label>
          `,
        )}
      </fieldset>
      <label class="share-time">
        <span>For how long</span>
        <select value=${seconds} onChange=${(event) => setSeconds(Number(event.target.value))}>
          ${DURATIONS.map((one) => html`<option key=${one.seconds} value=${one.seconds}>${one.label}</option>`)}
        </select>
      </label>
      <p class="hint">
        Everyone who opens this park sees your name and where you are, guests too. It moves along while this page is open, ends by
        itself, and no trail of it is kept.
      </p>
      <button class="button" type="submit" aria-disabled=${Boolean(busy)}>
        <${Icon} name="pin" />${busy ? "Finding you…" : "Share my location"}
      </button>
    </form>
  `;
}

function Shared({ channel, mine, state }) {
  const { slug } = channel;
  const until = mine?.expires_at ?? state.until;
  const precision = mine?.precision ?? state.precision;
  const follows = Boolean(state?.follows);
  const stop = async () => {
    if (await sharing.stop(slug)) channel.change(({ locations }) => locations.delete(member.peek()?.username));
  };
  return html`
    <div class="shared">
      <p role="status">
        <span class="dot"></span> <strong>Sharing until ${timeOfDay(until)}</strong>
        <span class="muted"> · ${precision === "exact" ? "exact spot" : "about 5 km"}</span>
      </p>
      <p class="hint">
        ${follows ? "It moves along while this page is open." : "It stays where it was: this page does not follow you."}
      </p>
      <div class="buttons">
        <button class="button button-danger" type="button" aria-disabled=${state?.busy === "stopping"}
          onClick=${stop}>${state?.busy === "stopping" ? "Stopping…" : "Stop sharing"}</button>
        ${!follows && html`
          <button class="button button-quiet" type="button" aria-disabled=${Boolean(state?.busy)}
            onClick=${() => sharing.start(slug, { precision })}>${state?.busy === "locating" ? "Finding you…" : "Move along with me"}</button>
        `}
      </div>
    </div>
  `;
}
