/** Names for what is made here before the hub knows of it. */

/**
 * @param {Crypto} source
 * @returns {string} a random UUID (RFC 9562, version 4). Browsers have `randomUUID` on https and localhost only, and a
 *   hub in a home network is often read over plain http.
 */
export function newId(source = crypto) {
  if (source.randomUUID) return source.randomUUID();
  const bytes = source.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
