/** The summary's rows: order, search, what has moved, and the trend as a chart takes it. */
import { fold } from "./fold.js";

/** The columns that can be ordered by; numbers begin with the largest. */
export const COLUMNS = [
  { id: "name", label: "Channel", first: "ascending" },
  { id: "average", label: "Average", first: "descending" },
  { id: "ratings", label: "Ratings", first: "descending" },
  { id: "reviews", label: "Reviews", first: "descending" },
  { id: "posts", label: "Posts", first: "descending" },
];

/** @returns {{column: string, direction: string}} the order after a press on a column's heading */
export function nextOrder(order, column) {
  const { first } = COLUMNS.find(({ id }) => id === column);
  if (order.column !== column) return { column, direction: first };
  return { column, direction: order.direction === "ascending" ? "descending" : "ascending" };
}

/** @returns {object[]} a new array; channels without an average come last either way, equals by name */
export function sortRows(rows, { column, direction }) {
  const sign = direction === "ascending" ? 1 : -1;
  return [...rows].sort((a, b) => {
    if (column === "name") return sign * a.name.localeCompare(b.name);
    if ((a[column] === null) !== (b[column] === null)) return a[column] === null ? 1 : -1;
    return sign * (a[column] - b[column]) || b.ratings - a.ratings || a.name.localeCompare(b.name);
  });
}

/** @returns {object[]} rows whose name or group has all words, accents aside */
export function filterRows(rows, query) {
  const words = fold(query).split(/\s+/).filter(Boolean);
  return rows.filter(({ name, group }) => words.every((word) => fold(`${name} ${group}`).includes(word)));
}

/** @returns {Set<string>} the channels whose numbers differ */
export function movedChannels(before, after) {
  const known = new Map((before ?? []).map((row) => [row.channel, row]));
  const moved = after.filter((row) => {
    const old = known.get(row.channel);
    return old && COLUMNS.some(({ id }) => old[id] !== row[id]);
  });
  return new Set(moved.map(({ channel }) => channel));
}

/** @returns {[number[], number[], (number | null)[]]} places, counts and averages, month by month */
export function trendSeries(trend) {
  return [trend.map((_, place) => place), trend.map(({ ratings }) => ratings), trend.map(({ average }) => average)];
}

/** @returns {string} "Nov 2026" of "2026-11", or "Nov" */
export function monthName(month, { year = true, locale = undefined } = {}) {
  const options = { month: "short", timeZone: "UTC", ...(year && { year: "numeric" }) };
  return new Date(`${month}-01T00:00:00Z`).toLocaleDateString(locale, options);
}
