/** Who is writing: each name stays for five seconds after its last sign. */

export const SHOWN_MS = 5_000;

/**
 * @param {Map<string, number>} writers name → when it goes, milliseconds
 * @param {string} username
 * @param {number} now
 * @returns {Map<string, number>}
 */
export function noteWriter(writers, username, now) {
  return new Map(stillWriting(writers, now)).set(username, now + SHOWN_MS);
}

/** @returns {Map<string, number>} those that have not gone silent */
export function stillWriting(writers, now) {
  return new Map([...writers].filter(([, until]) => until > now));
}

/** @returns {Map<string, number>} without the one whose post has come */
export function hasWritten(writers, username) {
  return new Map([...writers].filter(([name]) => name !== username));
}

/** @returns {string} the line to show, empty when nobody writes */
export function typingLine(names) {
  if (names.length === 0) return "";
  if (names.length === 1) return `${names[0]} is writing…`;
  if (names.length === 2) return `${names[0]} and ${names[1]} are writing…`;
  return `${names[0]}, ${names[1]} and ${names.length - 2} more are writing…`;
}
