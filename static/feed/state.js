/**
 * The feed's rules, without a browser: apply an event once, notice gaps, merge what was sent with what came back.
 *
 * A state is plain data; functions change it in place and return what happened. Its lists (posts, reviews) hold more
 * than is shown: an event may tell of an entry older than the oldest page that was read (`oldest`), and showing that
 * one would hide the hole between.
 */

/** What applying an event came to. */
export const APPLIED = "applied";
export const IGNORED = "ignored";
export const GAP = "gap";

/**
 * `gone` says at which `seq` an entry went. `names` are those that members took since the history was read, `left` the
 * entries whose author has left since: a page that is read late may still have the earlier ones.
 * @returns {{byId: Map<number, object>, gone: Map<number, number>, names: Map<string, object>, left: Map<number, string>,
 *   next: string | null, oldest: number}}
 */
export function emptyList() {
  return { byId: new Map(), gone: new Map(), names: new Map(), left: new Map(), next: null, oldest: 0 };
}

/** @returns {object} a state in which nothing is known yet */
export function emptyState() {
  return {
    seq: 0,
    epoch: null,
    mark: null,
    posts: emptyList(),
    reviews: emptyList(),
    rating: null,
    channel: null,
    locations: new Map(),
    presence: { members: [], guests: 0, count: 0 },
  };
}

/**
 * Take what a history read gives. A read that is older than the state changes nothing.
 * @param {object} state
 * @param {object} history the answer of GET …/history
 * @returns {boolean} whether the state is now what the history says
 */
export function loadHistory(state, history) {
  const sameLog = state.epoch === history.epoch;
  if (sameLog && history.seq < state.seq) return false;
  if (history.rating) state.rating = history.rating;
  if (history.locations) state.locations = byUsername(history.locations);
  if (sameLog && history.seq === state.seq && !contradict(history.mark, state.mark)) return true;
  state.posts = listOf(history.posts, sameLog ? goneAfter(state.posts, history.seq) : new Map());
  state.reviews = listOf(history.reviews, sameLog ? goneAfter(state.reviews, history.seq) : new Map());
  state.seq = history.seq;
  state.epoch = history.epoch;
  state.mark = history.mark ?? null;
  return true;
}

/** The log may be another one than was read: what the next history says holds, whatever its number. */
export function doubt(state) {
  state.epoch = null;
}

/**
 * @param {object} state
 * @param {{seq: number, mark?: string}} heartbeat
 * @returns {boolean} whether the history must be read again: something is missing, or the log is another one
 */
export function disagrees(state, { seq, mark }) {
  return seq !== state.seq || contradict(mark, state.mark);
}

/** Of a hub that knows no marks there is nothing to compare. */
function contradict(one, other) {
  return Boolean(one && other && one !== other);
}

/** What went before the history was read may have been restored since: the history knows. */
function goneAfter(list, seq) {
  return new Map([...list.gone].filter(([, at]) => at > seq));
}

function listOf(page, gone) {
  const list = { ...emptyList(), gone };
  if (page) loadOlder(list, page);
  return list;
}

function byUsername(locations) {
  return new Map(locations.map((location) => [location.username, location]));
}

/**
 * Add a page of older entries; what an event told meanwhile is newer and stays.
 * @param {object} list `state.posts` or `state.reviews`
 * @param {{items: object[], next: string | null}} page newest first
 */
export function loadOlder(list, page) {
  for (const entry of page.items) addEntry(list, entry);
  list.next = page.next;
  list.oldest = page.next === null ? 0 : page.items[page.items.length - 1].id;
}

/** Add what a REST answer gave, unless an event already told something newer of it. */
export function addEntry(list, entry) {
  if (list.gone.has(entry.id) || isNewer(list.byId.get(entry.id), entry)) return;
  list.byId.set(entry.id, asNamedNow(list, entry));
}

function asNamedNow(list, entry) {
  if (list.left.has(entry.id)) return byNobody(entry, list.left.get(entry.id));
  const author = list.names.get(entry.author?.username);
  return author === undefined ? entry : { ...entry, author };
}

/** What an account that was deleted takes along: its name, and the stars that were its rating. */
function byNobody(entry, name) {
  const left = { ...entry, author: { username: null, name }, client_id: null };
  return "stars" in entry ? { ...left, stars: null } : left;
}

/** Members are told of by their username, those who left by the ids of what they wrote. */
function renameAuthor(list, { username, name, role }, left = []) {
  for (const id of left) list.left.set(id, name);
  if (username) list.names.set(username, { username, name, ...(role && { role }) });
  const isMeant = ({ id, author }) => left.includes(id) || (username && author?.username === username);
  for (const entry of [...list.byId.values()].filter(isMeant)) list.byId.set(entry.id, asNamedNow(list, entry));
}

function isNewer(known, entry) {
  return known !== undefined && known.updated_at >= entry.updated_at;
}

/**
 * Apply one event.
 * @param {object} state
 * @param {object} event
 * @returns {"applied" | "ignored" | "gap"} gap: something before it is missing, fetch the history again
 */
export function applyEvent(state, event) {
  if (event.seq === undefined) return applyLive(state, event);
  if (state.epoch === null) return GAP;
  if (event.seq <= state.seq) return IGNORED;
  if (event.seq > state.seq + 1) return GAP;
  state.seq = event.seq;
  state.mark = event.mark ?? null;
  const [thing, what] = event.type.split(".");
  if (thing === "post") changeEntry(state.posts, what, event);
  else if (thing === "review") changeEntry(state.reviews, what, event);
  else if (event.type === "rating.updated") state.rating = { ...event.data, mine: state.rating?.mine ?? null };
  else if (event.type === "member.updated") rename(state, event.data);
  else if (event.type === "channel.updated") state.channel = { ...state.channel, ...event.data };
  return APPLIED;
}

function rename(state, member) {
  renameAuthor(state.posts, member, member.posts);
  renameAuthor(state.reviews, member, member.reviews);
}

function changeEntry(list, what, { data, seq }) {
  if (what === "deleted") {
    removeEntry(list, data.id, seq);
  } else {
    if (what === "created") list.gone.delete(data.id);
    list.byId.set(data.id, data);
  }
}

/** Take an entry out: no late answer brings it back, only an event that it was restored. */
export function removeEntry(list, id, seq = Infinity) {
  list.byId.delete(id);
  list.gone.set(id, seq);
}

function applyLive(state, event) {
  if (event.type === "presence.changed") state.presence = event.data;
  else if (event.type === "location.updated") state.locations.set(event.data.username, event.data);
  else if (event.type === "location.removed") state.locations.delete(event.data.username);
  else return IGNORED;
  return APPLIED;
}

/**
 * Take what a welcome says of the moment.
 * @returns {boolean} whether the history must be fetched again
 */
export function applyWelcome(state, welcome) {
  state.presence = welcome.presence;
  state.locations = byUsername(welcome.locations);
  return !welcome.recovered;
}

/** @returns {object[]} the entries to show, oldest first, without holes */
export function shownEntries(list) {
  const entries = [...list.byId.values()].filter((entry) => entry.id >= list.oldest);
  return entries.sort((a, b) => a.id - b.id);
}

/**
 * The posts to show: those that the hub has, oldest first, then those that are on their way.
 * @param {object} state
 * @param {object[]} outbox entries of this channel
 * @returns {object[]} those from the outbox have `pending: true`
 */
export function visiblePosts(state, outbox) {
  const known = shownEntries(state.posts);
  const arrived = new Set(known.map((post) => post.client_id).filter(Boolean));
  const waiting = outbox.filter((entry) => !arrived.has(entry.client_id));
  return [...known, ...waiting.map((entry) => ({ ...entry, pending: true }))];
}
