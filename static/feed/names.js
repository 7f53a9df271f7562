/** What people are called: presence and typing tell usernames, what somebody wrote has their name. */

/**
 * @param {object} state a channel's state
 * @returns {Map<string, string>} username → name, of those who wrote something that is known here
 */
export function namesIn(state) {
  const names = new Map();
  for (const list of [state.posts, state.reviews]) {
    for (const { author } of list.byId.values()) if (author.username) names.set(author.username, author.name);
  }
  return names;
}
