/** A page from before a deploy becomes the new one when that takes nothing from its reader. */
import { useEffect } from "preact/hooks";
import { isVolatile } from "../api/storage.js";
import { newer, reloadOnce } from "../api/version.js";
import { html } from "../html.js";
import { leaveWith } from "../router.js";
import { shared } from "./location-sharing.js";

const WRITTEN = 'textarea, input:not([type="search"], [type="hidden"], [type="radio"], [type="checkbox"])';

/** Nothing that would end with this page: what is not kept, and a position that is being shared. */
function canLeave() {
  return !isVolatile.peek() && !shared.peek().slug;
}

/** Nor anything half-written that is no draft, or a question that waits for an answer. */
function isIdle() {
  const unsaved = [...document.querySelectorAll(WRITTEN)].some((field) => field.value && !field.closest("[data-draft]"));
  return !unsaved && !document.querySelector("dialog[open]");
}

leaveWith((href) => {
  if (!newer.peek() || !canLeave()) return false;
  location.assign(href);
  return true;
});

/** Says that there is a new version; loads it by itself once nobody looks. */
export function Update() {
  const version = newer.value;
  useEffect(() => {
    const load = () => document.hidden && newer.peek() && canLeave() && isIdle() && reloadOnce(newer.peek());
    load();
    document.addEventListener("visibilitychange", load);
    return () => document.removeEventListener("visibilitychange", load);
  }, [version]);
  if (!version) return null;
  return html`
    <p class="toast">
      The hub has a new version. <button class="link-button" type="button" onClick=${() => location.reload()}>Load it</button>
    </p>
  `;
}
