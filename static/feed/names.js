/** What people are called: presence and typing tell usernames, what somebody wrote has their name and role. */

const ISOLATE = "\u2068";
const END = "\u2069";

/** @returns {string} for a line of plain text: a name cannot turn what is around it, and the username is beside it */
export function calledInText({ name, username }) {
  const isolated = `${ISOLATE}${name}${END}`;
  return username ? `${isolated} @${username}` : isolated;
}

/**
 * @param {object} state a channel's state
 * @returns {Map<string, object>} username → author, of those who wrote something that is known here
 */
export function authorsIn(state) {
  const names = new Map();
  for (const list of [state.posts, state.reviews]) {
    for (const { author } of list.byId.values()) if (author.username) names.set(author.username, author);
  }
  return names;
}
