/** What is new: since the last visit, and since the reader scrolled away. */

/** Within this many pixels of the end the view follows. */
export const FOLLOW_PX = 100;

/** @returns {boolean} whether a view at this place follows what comes */
export function isAtEnd({ scrollTop, clientHeight, scrollHeight }) {
  return scrollHeight - scrollTop - clientHeight <= FOLLOW_PX;
}

/** @returns {number} the newest id, 0 when there is none */
export function newestId(posts) {
  return posts.reduce((newest, post) => (post.pending ? newest : Math.max(newest, post.id)), 0);
}

/**
 * @param {object[]} posts oldest first
 * @param {number} seenId the newest that was seen
 * @param {string | undefined} me own posts are never news
 * @returns {object[]}
 */
export function unseen(posts, seenId, me) {
  return posts.filter((post) => !post.pending && post.id > seenId && (!me || post.author.username !== me));
}

/** @returns {string} for the pill and for the live region */
export function newPosts(count) {
  return count === 1 ? "1 new post" : `${count} new posts`;
}

/**
 * What the live region says of a batch.
 * @param {object[]} posts
 * @returns {string}
 */
export function spoken(posts) {
  if (posts.length === 0) return "";
  if (posts.length > 1) return newPosts(posts.length);
  return `${posts[0].author.name}: ${posts[0].title}`;
}
