/** What one does with one's reviews; the feed tells everybody, this window included. */
import { call, member } from "../api/session.js";
import { differs } from "../feed/review-draft.js";
import { addEntry, removeEntry } from "../feed/state.js";
import { saysTheSame, versionOf } from "../feed/versions.js";

/**
 * Publish a review. Where an earlier try has come through without an answer and the text has been changed since, the
 * review that is there gets the new text.
 * @throws {ApiError}
 */
export async function publishReview(channel, body, clientId) {
  const path = `/api/channels/${channel.slug}/reviews`;
  const { status, data } = await call("POST", path, { body: { ...body, client_id: clientId } });
  if (status === 200 && differs(data, body)) return changeReview(channel, data, body);
  await takeReview(channel, data);
}

/**
 * Change the review that `base` is, unless somebody has changed it since.
 * @throws {ApiError} 412 with what is there now
 */
export async function changeReview(channel, base, body) {
  try {
    await takeReview(channel, (await call("PUT", `/api/reviews/${base.id}`, { body, basedOn: versionOf(base) })).data);
  } catch (error) {
    if (error.status !== 412 || !saysTheSame(error.current, body)) throw error;
    await takeReview(channel, error.current);
  }
}

/**
 * @param {"keep" | "remove"} rating whether one's stars stay
 * @throws {ApiError}
 */
export async function deleteReview(channel, id, rating) {
  try {
    await call("DELETE", `/api/reviews/${id}?rating=${rating}`);
  } catch (error) {
    if (error.status !== 404 && error.status !== 410) throw error;
  }
  channel.change((state) => removeEntry(state.reviews, id));
  await readMine(channel);
}

/** Show a review as the hub has it. */
export async function takeReview(channel, review) {
  channel.change((state) => addEntry(state.reviews, review));
  await readMine(channel);
}

/** A review's stars are its author's rating, and no event says whose. */
async function readMine(channel) {
  const who = member.peek()?.username;
  const answer = await call("GET", `/api/channels/${channel.slug}/rating`).catch(() => null);
  if (!answer || who !== member.peek()?.username) return;
  channel.change((state) => (state.rating = { ...state.rating, mine: answer.data.mine }));
  await channel.settle();
}
