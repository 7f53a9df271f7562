/** Beside what somebody else wrote: members report it, moderators hide it or mute its author. */
import { useEffect, useRef, useState } from "preact/hooks";
import { call, isModerator, member } from "../api/session.js";
import { html } from "../html.js";
import { Problem, Submit, useForm } from "./form.js";
import { Icon } from "./icons.js";
import { toast } from "./toasts.js";

const DURATIONS = [
  [60, "1 hour"],
  [24 * 60, "1 day"],
  [7 * 24 * 60, "1 week"],
  [30 * 24 * 60, "30 days"],
];

/** @param {{kind: "post" | "review", thing: object}} props nothing for guests and for one's own */
export function Moderate({ kind, thing }) {
  const [open, setOpen] = useState(false);
  const who = member.value;
  if (!who || thing.author.username === who.username) return null;
  const moderates = isModerator(who);
  const label = moderates ? `Moderate this ${kind}` : `Report this ${kind}`;
  const Form = moderates ? ModerateForm : ReportForm;
  return html`
    <button class="icon-button" type="button" aria-label=${label} title=${moderates ? "Moderate" : "Report"} onClick=${() => setOpen(true)}>
      <${Icon} name=${moderates ? "shield" : "flag"} />
    </button>
    ${open && html`<${Sheet} title=${label} onClose=${() => setOpen(false)}><${Form} kind=${kind} thing=${thing} onDone=${() => setOpen(false)} /><//>`}
  `;
}

/** A dialog with a form in it. */
export function Sheet({ title, onClose, children }) {
  const dialog = useRef(null);
  useEffect(() => dialog.current.showModal(), []);
  return html`
    <dialog ref=${dialog} class="dialog" aria-label=${title} onClose=${onClose}>
      <h2>${title}</h2>
      ${children}
    </dialog>
  `;
}

function ReportForm({ kind, thing, onDone }) {
  const { busy, problem, submit } = useForm(async ({ reason }) => {
    await call("POST", `/api/${kind}s/${thing.id}/report`, { body: { reason: reason.trim() } });
    onDone();
    toast("Thank you: a moderator will look at it.");
  });
  return html`
    <form class="sheet" onSubmit=${submit}>
      <p>Moderators see who reports, nobody else does.</p>
      <${ReasonField} label="What is wrong with it?" problem=${problem} />
      <${Problem} problem=${problem} />
      <${Buttons} busy=${busy} onCancel=${onDone}>Send the report<//>
    </form>
  `;
}

function ModerateForm({ kind, thing, onDone }) {
  const [action, setAction] = useState("hide");
  const { username } = thing.author;
  const { busy, problem, submit } = useForm(async (fields) => {
    await (action === "hide" ? hide(kind, thing, fields.reason) : mute({ ...fields, username }));
    onDone();
    toast(action === "hide" ? `The ${kind} is hidden.` : `@${username} is muted.`);
  });
  return html`
    <form class="sheet" onSubmit=${submit}>
      <fieldset class="choices">
        <legend class="visually-hidden">What to do</legend>
        <${Choice} name="action" value="hide" chosen=${action} onChoose=${setAction}>Hide it from everybody<//>
        ${username && html`<${Choice} name="action" value="mute" chosen=${action} onChoose=${setAction}>Mute @${username}<//>`}
      </fieldset>
      ${action === "mute" && html`<${MuteFields} channel=${thing.channel} />`}
      <${ReasonField} label="Why?" hint=${`@${username ?? "nobody"} sees this.`} problem=${problem} />
      <${Problem} problem=${problem} />
      <${Buttons} busy=${busy} onCancel=${onDone}>${action === "hide" ? "Hide" : "Mute"}<//>
    </form>
  `;
}

/** Hide a post or a review. */
export function hide(kind, thing, reason) {
  return call("POST", `/api/${kind}s/${thing.id}/hide`, { body: { reason: reason.trim() } });
}

function mute({ username, minutes, channel, reason }) {
  const body = { username, minutes: Number(minutes), reason: reason.trim(), channel: channel || null };
  return call("POST", "/api/moderation/mutes", { body });
}

function Choice({ name, value, chosen, onChoose, children }) {
  return html`
    <label class="choice">
      <input type="radio" name=${name} value=${value} checked=${chosen === value} onChange=${() => onChoose(value)} />
      <span>${children}</span>
    </label>
  `;
}

function MuteFields({ channel }) {
  return html`
    <div class="sheet-row">
      <label class="field">
        <span>For</span>
        <select name="minutes">${DURATIONS.map(([minutes, text]) => html`<option value=${minutes}>${text}</option>`)}</select>
      </label>
      <label class="field">
        <span>Where</span>
        <select name="channel">
          <option value=${channel}>In this channel</option>
          <option value="">Everywhere</option>
        </select>
      </label>
    </div>
  `;
}

/** The reason, of at most 500 characters. */
export function ReasonField({ label, hint, problem }) {
  const wrong = problem?.fields?.reason;
  return html`
    <div class="field">
      <label for="sheet-reason">${label}</label>
      <textarea id="sheet-reason" name="reason" rows="3" maxlength="500" required aria-invalid=${wrong ? "true" : null}
        aria-describedby="sheet-hint"></textarea>
      <p id="sheet-hint" class=${wrong ? "wrong" : "hint"}>${wrong ?? hint}</p>
    </div>
  `;
}

/** Cancel, and the one that sends. */
export function Buttons({ busy, onCancel, children }) {
  return html`
    <div class="buttons">
      <button class="button button-quiet" type="button" onClick=${onCancel}>Cancel</button>
      <${Submit} busy=${busy}>${children}<//>
    </div>
  `;
}
