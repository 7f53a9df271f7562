/** The history API as a signal: which page is shown, and with what. */
import { computed, signal } from "@preact/signals";
import { matchRoute } from "./routes.js";

const place = signal(readPlace());

/** `{page, params, query, path}` of what is shown. */
export const route = computed(() => {
  const { path, search } = place.value;
  return { ...matchRoute(path), path, query: Object.fromEntries(new URLSearchParams(search)) };
});

function readPlace() {
  return { path: location.pathname, search: location.search };
}

let leaving = () => false;

/** @param {(href: string) => boolean} work goes to another page by loading it, when it says so */
export function leaveWith(work) {
  leaving = work;
}

/** Go to a page of this site. */
export function navigate(href, { replace = false } = {}) {
  if (!replace && leaving(href)) return;
  history[replace ? "replaceState" : "pushState"]({}, "", href);
  place.value = readPlace();
}

/** @returns {string} the login page, which comes back to where the reader is */
export function loginHref(page = "/login") {
  const back = place.value.path + place.value.search;
  return back === "/" || back.startsWith("/login") || back.startsWith("/register")
    ? page
    : `${page}?next=${encodeURIComponent(back)}`;
}

/** @returns {string} where to go after logging in: a path of this site, whatever the address bar says */
export function afterLogin(next) {
  return next && /^\/(?![/\\])/.test(next) ? next : "/";
}

function onClick(event) {
  const link = event.target.closest?.("a[href]");
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || event.defaultPrevented || link.target || link.origin !== location.origin) return;
  if (!matchRoute(link.pathname).page || link.hash) return;
  event.preventDefault();
  navigate(link.href);
}

document.addEventListener("click", onClick);
window.addEventListener("popstate", () => (place.value = readPlace()));
