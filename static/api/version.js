/** Which version of the client the hub has: one that differs from this page's came with a deploy, after this page did. */
import { signal } from "@preact/signals";

const VERSION = /^[0-9a-f]{12}$/;
const NOTICE_WITHIN_MS = 10_000;

/** This page's own; a page that is hosted elsewhere has none. */
const own = document.querySelector('meta[name="hub-client"]')?.content ?? "";

/** The hub's version where it is another one than this page's, else null. */
export const newer = signal(null);

/** An answer of the hub told its version. */
export function heard(version) {
  if (VERSION.test(own) && VERSION.test(version ?? "")) newer.value = version === own ? null : version;
}

/** Ask for it. @returns {Promise<string | null>} see `newer` */
export async function checkVersion() {
  const meta = document.querySelector('meta[name="hub-api"]')?.content ?? "";
  const answer = await fetch(`${meta}/api/config`, { cache: "no-store" }).catch(() => null);
  if (answer && !answer.headers.has("X-From-Cache")) heard(answer.headers.get("Hub-Client"));
  return newer.value;
}

/** @returns {(status: object) => void} what follows a connection: after each break it looks for another version */
export function watchingForDeploys() {
  let wasLost = false;
  return ({ kind }) => {
    if (kind === "stopped") checkVersion();
    // Not all pages at the same moment: all of them have just come back.
    if (kind === "live" && wasLost) setTimeout(checkVersion, Math.random() * NOTICE_WITHIN_MS);
    wasLost = kind === "waiting" || (wasLost && kind !== "live");
  };
}

/**
 * Load the page anew, at most once for each reason: what is the same afterwards will not be mended by doing it again.
 * The history entry remembers it, which outlives the load and needs no storage.
 * @returns {boolean} whether it does
 */
export function reloadOnce(reason) {
  const done = history.state?.reloads ?? [];
  if (done.includes(reason)) return false;
  history.replaceState({ ...history.state, reloads: [...done, reason] }, "");
  location.reload();
  return true;
}
