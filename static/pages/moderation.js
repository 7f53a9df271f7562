/** For moderators: what members report, what is hidden, who is muted, and who did what. */
import { useEffect, useState } from "preact/hooks";
import { call, isModerator, member } from "../api/session.js";
import { Time } from "../components/clock.js";
import { Confirm } from "../components/dialog.js";
import { Problem, useForm } from "../components/form.js";
import { Buttons, ReasonField, Sheet, hide } from "../components/moderate.js";
import { List, useList } from "../components/moderation-list.js";
import { Thing, Until } from "../components/moderation-thing.js";
import { countReports } from "../components/open-reports.js";
import { NotFound } from "../components/states.js";
import { toast } from "../components/toasts.js";
import { html } from "../html.js";

const VIEWS = [
  { id: "reports", label: "Reports", component: Reports },
  { id: "hidden", label: "Hidden", component: HiddenThings },
  { id: "mutes", label: "Muted", component: Mutes },
  { id: "audit", label: "Log", component: Audit },
];
const ACTIONS = {
  "post.hidden": "hid a post of",
  "post.restored": "restored a post of",
  "post.edited": "edited a post of",
  "post.deleted": "deleted a post of",
  "review.hidden": "hid a review of",
  "review.restored": "restored a review of",
  "review.edited": "edited a review of",
  "review.deleted": "deleted a review of",
  "review.stars_removed": "removed the stars from a review of",
  "rating.removed": "removed the rating of",
  "location.removed": "removed the location of",
  "report.dismissed": "dismissed reports about",
  "member.muted": "muted",
  "member.unmuted": "unmuted",
  "member.created": "made the account of",
  "member.role_changed": "changed the role of",
  "member.password_reset": "set a new password for",
  "channel.created": "added the channel",
  "channel.updated": "changed the channel",
  "channel.deleted": "deleted the channel",
};

export default function Moderation({ query }) {
  useEffect(() => void (document.title = "Moderation · Frostbyte Hub"), []);
  if (member.value === undefined) return null;
  if (!isModerator(member.value)) return html`<${NotFound} what="This page is for moderators." />`;
  const view = VIEWS.find(({ id }) => id === query.view) ?? VIEWS[0];
  return html`
    <div class="page moderation">
      <h1>Moderation</h1>
      <nav class="tabs" aria-label="Moderation">
        ${VIEWS.map(({ id, label }) => html`<a href=${`/moderation?view=${id}`} aria-current=${view.id === id ? "page" : null}>${label}</a>`)}
      </nav>
      <${view.component} key=${view.id} />
    </div>
  `;
}

/** Do something by REST, say so, and read the list again. */
function useDecision(list, said) {
  return async (method, path, body) => {
    try {
      await call(method, path, body ? { body } : {});
      toast(said);
    } catch (error) {
      toast(error.message);
    }
    list.reload();
    countReports();
  };
}

function Reports() {
  const list = useList("/api/moderation/reports");
  const row = (entry) => html`<${ReportedThing} entry=${entry} list=${list} />`;
  return html`<${List} list=${list} label="Reports" keyOf=${(entry) => entry.reports[0].id} row=${row}
    emptyTitle="Nothing to look at." emptyText="When members report a post or a review, it waits here." />`;
}

function ReportedThing({ entry, list }) {
  const { kind, reports } = entry;
  const thing = entry[kind];
  const [asking, setAsking] = useState(null);
  const dismiss = useDecision(list, "The reports are dismissed.");
  const remove = useDecision(list, "It is deleted.");
  const path = `/api/moderation/reports/${reports[0].id}/resolve`;
  return html`
    <${Thing} kind=${kind} thing=${thing} />
    <ul class="mod-reasons" aria-label="Reported by">
      ${reports.map(
        (report) => html`<li key=${report.id}>“<bdi>${report.reason}</bdi>” <span class="muted">@${report.reporter.username}, <${Time} at=${report.created_at} /></span></li>`,
      )}
    </ul>
    <div class="buttons">
      <button class="button button-small" type="button" onClick=${() => setAsking("hide")}>Hide</button>
      <button class="button button-small button-quiet" type="button" onClick=${() => dismiss("POST", path, { action: "dismiss" })}>It is fine</button>
      <button class="button button-small button-danger" type="button" onClick=${() => setAsking("delete")}>Delete</button>
    </div>
    ${asking === "hide" && html`<${HideSheet} kind=${kind} thing=${thing} onClose=${() => setAsking(null)} onDone=${() => (list.reload(), countReports())} />`}
    ${asking === "delete" &&
    html`<${Deletion} kind=${kind} thing=${thing} onConfirm=${() => remove("POST", path, { action: "delete" })} onClose=${() => setAsking(null)} />`}
  `;
}

function HideSheet({ kind, thing, onClose, onDone }) {
  const { busy, problem, submit } = useForm(async ({ reason }) => {
    await hide(kind, thing, reason);
    toast(`The ${kind} is hidden.`);
    onClose();
    onDone();
  });
  return html`
    <${Sheet} title=${`Hide this ${kind}`} onClose=${onClose}>
      <form class="sheet" onSubmit=${submit}>
        <${ReasonField} label="Why?" hint="Its author sees this." problem=${problem} />
        <${Problem} problem=${problem} />
        <${Buttons} busy=${busy} onCancel=${onClose}>Hide<//>
      </form>
    <//>
  `;
}

function HiddenThings() {
  const list = useList("/api/moderation/hidden");
  const row = (entry) => html`<${HiddenThing} kind=${entry.kind} thing=${entry[entry.kind]} list=${list} />`;
  return html`<${List} list=${list} label="Hidden" keyOf=${(entry) => `${entry.kind}${entry[entry.kind].id}`} row=${row}
    emptyTitle="Nothing is hidden." emptyText="What you hide is kept here, and can come back." />`;
}

function HiddenThing({ kind, thing, list }) {
  const [asking, setAsking] = useState(false);
  const restore = useDecision(list, "It is back.");
  const remove = useDecision(list, "It is deleted.");
  const path = `/api/${kind}s/${thing.id}`;
  return html`
    <${Thing} kind=${kind} thing=${thing} />
    <div class="buttons">
      <button class="button button-small" type="button" onClick=${() => restore("POST", `${path}/restore`)}>Restore</button>
      <button class="button button-small button-danger" type="button" onClick=${() => setAsking(true)}>Delete</button>
    </div>
    ${asking && html`<${Deletion} kind=${kind} thing=${thing} onConfirm=${() => remove("DELETE", path)} onClose=${() => setAsking(false)} />`}
  `;
}

function Deletion({ kind, thing, onConfirm, onClose }) {
  const confirm = () => {
    onClose();
    onConfirm();
  };
  return html`
    <${Confirm} title=${`Delete this ${kind}?`} action="Delete" onConfirm=${confirm} onCancel=${onClose}>
      <p>“<bdi>${thing.title}</bdi>” goes for everybody, and for good. What is hidden can come back.</p>
    <//>
  `;
}

function Mutes() {
  const list = useList("/api/moderation/mutes");
  const end = useDecision(list, "Unmuted.");
  const row = (mute) => html`
    <p>
      <strong>@${mute.username}</strong> ${mute.channel ? html`in <a href=${`/channels/${mute.channel}`}>${mute.channel}</a>` : "everywhere"},
      <${Until} at=${mute.until} />
    </p>
    <p class="muted">“<bdi>${mute.reason}</bdi>”${mute.by && ` @${mute.by}`}, <${Time} at=${mute.created_at} /></p>
    <div class="buttons">
      <button class="button button-small button-quiet" type="button" aria-label=${`Unmute @${mute.username}`}
        onClick=${() => end("DELETE", `/api/moderation/mutes/${mute.id}`)}>Unmute</button>
    </div>
  `;
  return html`<${List} list=${list} label="Muted members" keyOf=${(mute) => mute.id} row=${row}
    emptyTitle="Nobody is muted." emptyText="To mute somebody, use the shield beside what they wrote." />`;
}

function actorOf({ actor, by_operator: byOperator }) {
  if (byOperator) return "The operator";
  return actor ? `@${actor}` : "A former member";
}

function Audit() {
  const list = useList("/api/moderation/audit");
  const row = (entry) => html`
    <p>
      <strong>${actorOf(entry)}</strong> ${ACTIONS[entry.action] ?? entry.action}
      ${!entry.action.startsWith("channel.") && html` <strong>${entry.member ? `@${entry.member}` : "a former member"}</strong>`}
      ${entry.channel && html` ${entry.action.startsWith("channel.") ? "" : "in "}<a href=${`/channels/${entry.channel}`}>${entry.channel}</a>`}
      ${entry.until && html`, <${Until} at=${entry.until} />`}
      <span class="muted">, <${Time} at=${entry.at} /></span>
    </p>
    ${entry.reason && html`<p class="muted">“<bdi>${entry.reason}</bdi>”</p>`}
  `;
  return html`<${List} list=${list} label="Log" keyOf=${(entry) => entry.id} row=${row}
    emptyTitle="Nothing has happened yet." emptyText="What moderators do is written here." />`;
}
