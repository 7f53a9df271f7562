/** For moderators: how many things that members reported nobody has looked at yet. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { call, member } from "../api/session.js";
import { html } from "../html.js";

const EVERY_MS = 30_000;
const MOST = 99;
const open = signal(0);
let reading = null;

/** Count anew: something was just decided. What cannot be counted now stays as it was. */
export function countReports() {
  reading ??= call("GET", "/api/moderation/reports/count")
    .then(({ data }) => (open.value = data.open), () => null)
    .finally(() => (reading = null));
  return reading;
}

/** The count, beside the way to the reports; nothing while there are none. */
export function OpenReports() {
  const username = member.value?.username;
  useEffect(() => {
    const count = () => document.hidden || countReports();
    open.value = 0;
    count();
    const timer = setInterval(count, EVERY_MS);
    document.addEventListener("visibilitychange", count);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", count);
    };
  }, [username]);
  const count = open.value;
  if (!count) return null;
  const words = count === 1 ? "1 open report" : `${count} open reports`;
  return html`
    <span class="nav-count" title=${words}>
      <span aria-hidden="true">${count > MOST ? `${MOST}+` : count}</span><span class="visually-hidden">, ${words}</span>
    </span>
  `;
}
