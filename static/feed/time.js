/** Times in words. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * @param {string} iso RFC 3339
 * @param {number} now milliseconds
 * @returns {string} "just now", "4 min ago", "3 h ago", then the date
 */
export function relativeTime(iso, now, locale = undefined) {
  const then = Date.parse(iso);
  const age = now - then;
  if (age < MINUTE) return "just now";
  if (age < HOUR) return `${Math.floor(age / MINUTE)} min ago`;
  if (age < DAY) return `${Math.floor(age / HOUR)} h ago`;
  if (age < 2 * DAY) return "yesterday";
  const sameYear = new Date(then).getFullYear() === new Date(now).getFullYear();
  return new Date(then).toLocaleDateString(locale, { day: "numeric", month: "short", ...(!sameYear && { year: "numeric" }) });
}

/** @returns {string} the day of a time, for the line between two days */
export function dayName(iso, now, locale = undefined) {
  const day = new Date(iso).toDateString();
  if (day === new Date(now).toDateString()) return "Today";
  if (day === new Date(now - DAY).toDateString()) return "Yesterday";
  return new Date(iso).toLocaleDateString(locale, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
}

/** @returns {boolean} whether both are on the same day where the reader is */
export function sameDay(a, b) {
  return new Date(a).toDateString() === new Date(b).toDateString();
}
