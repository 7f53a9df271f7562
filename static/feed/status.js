/** The connection in words. */

/**
 * @param {{kind: string, until?: number, code?: number, attempt?: number}} status
 * @param {number} now milliseconds
 * @param {boolean} online what the browser says
 * @returns {{text: string, countdown: string, action: "retry" | "reload" | null} | null} null: all is well
 */
export function connectionLine(status, now, online) {
  if (status.kind === "stopped") {
    return { text: "This page is no longer connected.", countdown: "", action: "reload" };
  }
  if (!online) {
    return { text: "You are offline. What you write is kept, and sent when there is signal.", countdown: "", action: null };
  }
  if (status.kind === "live" || status.kind === "idle") return null;
  if (status.kind === "waiting") {
    const seconds = Math.max(0, Math.ceil((status.until - now) / 1000));
    return { text: "The connection is lost.", countdown: `Trying again in ${seconds} s`, action: "retry" };
  }
  return status.attempt > 0 ? { text: "Connecting again…", countdown: "", action: null } : null;
}
