/** Live locations, without a browser: who is shown, where, until when, and in which words. */

/** How long one may share. */
export const DURATIONS = [
  { seconds: 900, label: "15 minutes" },
  { seconds: 3_600, label: "1 hour" },
  { seconds: 14_400, label: "4 hours" },
  { seconds: 28_800, label: "8 hours" },
];

/** Half of an area's side, metres. */
export const AREA_METRES = 2_500;

const DATE_LINE_GAP = 100;

/**
 * Those to show, by name. The hub tells when one ends; without a connection to it this device's clock has to do.
 * @param {Map<string, object>} locations of the channel's state
 * @param {{connected: boolean, now: number}} moment `now` in milliseconds
 * @returns {object[]}
 */
export function shownLocations(locations, { connected, now }) {
  const live = [...locations.values()].filter((location) => connected || Date.parse(location.expires_at) > now);
  return live.sort((a, b) => a.username.localeCompare(b.username));
}

/** @returns {number | null} milliseconds until the next of them ends */
export function nextEnd(locations, now) {
  const ends = locations.map((location) => Date.parse(location.expires_at) - now).filter((left) => left > 0);
  return ends.length ? Math.min(...ends) : null;
}

/** @returns {string} "63.1235° N, 151.6543° W", as precise as what was shared */
export function placeInWords({ latitude, longitude, precision }) {
  const digits = precision === "exact" ? 4 : 2;
  const part = (degrees, positive, negative) => `${Math.abs(degrees).toFixed(digits)}°\u00a0${degrees < 0 ? negative : positive}`;
  return `${part(latitude, "N", "S")}, ${part(longitude, "E", "W")}`;
}

/** The map's left edge lies west of Asia's end, so that the Aleutians and Guam are beside the other states. */
export function mapPoint(latitude, longitude) {
  return [latitude, longitude > DATE_LINE_GAP ? longitude - 360 : longitude];
}

/** @returns {{entered: object[], changed: object[], left: string[]}} what differs between two lists, by name */
export function differences(before, locations) {
  const names = new Set(locations.map(({ username }) => username));
  const entered = locations.filter(({ username }) => !before.has(username));
  const changed = locations.filter((location) => before.has(location.username) && before.get(location.username) !== location);
  return { entered, changed, left: [...before.keys()].filter((name) => !names.has(name)) };
}

/**
 * The parks of the channel list, those with people first.
 * @param {object[]} groups the answer of GET /api/channels
 * @returns {object[]} channels that have a place on the map
 */
export function parksOf(groups) {
  const parks = groups.flatMap(({ channels }) => channels).filter(({ park }) => park && Number.isFinite(park.latitude));
  const people = ({ online }) => online?.count ?? 0;
  return parks.sort((a, b) => people(b) - people(a) || a.name.localeCompare(b.name));
}
