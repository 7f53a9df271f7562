/** Versions of what can be edited: an edit names the one that it is based on, so that it never replaces a newer one. */

/** @returns {string} the ETag of a post or review: when it was changed last */
export function versionOf(thing) {
  return `"${thing.updated_at}"`;
}

/** @returns {boolean} whether what the hub has is what was sent: an earlier try came through without its answer */
export function saysTheSame(current, body) {
  return Object.entries(body).every(([field, value]) => JSON.stringify(current[field] ?? null) === JSON.stringify(value ?? null));
}
