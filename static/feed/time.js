/**
 * Times in words, in the reader's own zone; every text about when something was or will be comes from here.
 *
 * Days are told apart by the calendar and never by 24 hours: a day has 23 or 25 of them when the clocks change.
 */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * @param {string} iso RFC 3339
 * @param {number} now milliseconds
 * @returns {string} "just now", "4 min ago", "3 h ago" of today, "yesterday" of the day before, then the date
 */
export function relativeTime(iso, now, locale = undefined) {
  const then = new Date(iso);
  const age = now - then;
  if (age < MINUTE) return "just now";
  const days = daysBetween(then, new Date(now));
  if (days === 0) return elapsed(iso, now);
  if (days === 1) return "yesterday";
  const sameYear = then.getFullYear() === new Date(now).getFullYear();
  return then.toLocaleDateString(locale, { day: "numeric", month: "short", ...(!sameYear && { year: "numeric" }) });
}

/** @returns {string} how long ago, whatever day that was: for what goes stale by the minute, such as a position */
export function elapsed(iso, now) {
  const age = now - Date.parse(iso);
  if (age < MINUTE) return "just now";
  return age < HOUR ? `${Math.floor(age / MINUTE)} min ago` : `${Math.floor(age / HOUR)} h ago`;
}

/** @returns {string} the day of a time, for the line between two days */
export function dayName(iso, now, locale = undefined) {
  const days = daysBetween(new Date(iso), new Date(now));
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return new Date(iso).toLocaleDateString(locale, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
}

/** @returns {boolean} whether both are on the same day where the reader is */
export function sameDay(a, b) {
  return daysBetween(new Date(a), new Date(b)) === 0;
}

/** @returns {string} "24 Nov 2026" */
export function fullDate(iso, locale = undefined) {
  return new Date(iso).toLocaleDateString(locale, { day: "numeric", month: "short", year: "numeric" });
}

/** @returns {string} day and time to the second, with the zone: an hour comes twice when the clocks go back */
export function exactTime(iso, locale = undefined) {
  return new Date(iso).toLocaleString(locale, { dateStyle: "medium", timeStyle: "long" });
}

/** @returns {string} day and time to the minute */
export function dayAndTime(iso, locale = undefined) {
  return new Date(iso).toLocaleString(locale, { dateStyle: "medium", timeStyle: "short" });
}

/** @returns {string} the time of day */
export function timeOfDay(iso, locale = undefined) {
  return new Date(iso).toLocaleTimeString(locale, { hour: "numeric", minute: "2-digit" });
}

/** @returns {string} today's date where the reader is, as a date field takes it: "2026-11-26" */
export function todaysDate(now) {
  const date = new Date(now);
  const two = (number) => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** @returns {number} how many calendar days the second is after the first */
function daysBetween(first, second) {
  return Math.round((dayNumber(second) - dayNumber(first)) / DAY);
}

/** The date as a moment of a zone whose clocks never change. */
function dayNumber(date) {
  return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
}
