/**
 * A conversation's rules, without a browser: apply a frame once, in order, and notice what is missing.
 *
 * Changes have a `seq`, the pieces of the answer under way an `index`. A welcome or a snapshot gives all there is, so after
 * a gap the connection only has to begin anew. A state is plain data; functions change it in place.
 */

/** What applying a frame came to. */
export const APPLIED = "applied";
export const IGNORED = "ignored";
export const GAP = "gap";

/** @returns {object} a state in which nothing is known yet */
export function emptyChat() {
  return { conversation: null, messages: [], seq: -1, answering: null, index: 0, ranger: null, gone: false };
}

/** Take a welcome or a snapshot, unless it is older than what is known. */
export function loadChat(state, frame) {
  if (frame.seq < state.seq || (frame.seq === state.seq && isBehind(state, frame))) return IGNORED;
  Object.assign(state, {
    conversation: frame.conversation,
    messages: frame.messages.map((message) => ({ ...message })),
    seq: frame.seq,
    answering: frame.message_id,
    index: frame.index ?? 0,
    ranger: frame.ranger ?? state.ranger,
  });
  return APPLIED;
}

/** The same moment, but fewer pieces of the answer than are here. */
function isBehind(state, frame) {
  return state.answering !== null && frame.message_id === state.answering && frame.index < state.index;
}

/**
 * Apply one frame.
 * @param {object} state
 * @param {object} frame
 * @returns {"applied" | "ignored" | "gap"} gap: something before it is missing, connect again
 */
export function applyChat(state, frame) {
  if (frame.type === "welcome" || frame.type === "chat.snapshot") return loadChat(state, frame);
  if (frame.type === "chat.delta") return applyPiece(state, frame);
  const change = CHANGES[frame.type];
  if (!change || state.seq < 0) return IGNORED;
  if (frame.seq <= state.seq) return IGNORED;
  if (frame.seq > state.seq + 1) return GAP;
  state.seq = frame.seq;
  change(state, frame);
  return APPLIED;
}

function applyPiece(state, { message_id: id, index, text }) {
  if (state.answering !== id) return state.answering === null || id < state.answering ? IGNORED : GAP;
  if (index < state.index) return IGNORED;
  if (index > state.index) return GAP;
  const message = find(state, id);
  change(state, id, { text: (message?.text ?? "") + text });
  state.index += 1;
  return APPLIED;
}

const CHANGES = {
  "chat.message": (state, { message, title }) => {
    if (state.conversation) state.conversation = { ...state.conversation, title, updated_at: message.updated_at };
    if (find(state, message.id)) change(state, message.id, message);
    else state.messages = [...state.messages, message];
  },
  "chat.started": (state, { message, message_id: id }) => {
    const others = state.messages.filter((one) => one.id !== id && !isAnswerTo(one, message.question));
    const after = others.findIndex((one) => one.id === message.question) + 1 || others.length;
    state.messages = [...others.slice(0, after), { ...message }, ...others.slice(after)];
    state.answering = id;
    state.index = 0;
  },
  "chat.done": (state, { message_id: id, text, sources, finish, problem = null }) =>
    end(state, id, { text, sources, finish, problem, status: "done" }),
  "chat.stopped": (state, { message_id: id, text, sources }) => end(state, id, { text, sources, status: "stopped" }),
  "chat.error": (state, { message_id: id, text, sources, code, message }) =>
    end(state, id, { text, sources, status: code === "interrupted" ? "interrupted" : "failed", problem: { code, message } }),
  "chat.removed": (state, { message_ids: ids }) => {
    state.messages = state.messages.filter((one) => !ids.includes(one.id));
    if (ids.includes(state.answering)) state.answering = null;
  },
  "chat.renamed": (state, { conversation }) => (state.conversation = conversation),
  "chat.deleted": (state) => Object.assign(state, { gone: true, messages: [], answering: null }),
};

function end(state, id, fields) {
  change(state, id, fields);
  if (state.answering === id) state.answering = null;
}

function find(state, id) {
  return state.messages.find((message) => message.id === id);
}

/** A changed message is another object: what has not changed need not be drawn again. */
function change(state, id, fields) {
  state.messages = state.messages.map((message) => (message.id === id ? { ...message, ...fields } : message));
}

function isAnswerTo(message, question) {
  return message.role === "ranger" && message.question === question;
}

/**
 * The rows to show: the messages, then a question that is on its way.
 * @param {object} state
 * @param {object | null} unsent `{text, client_id, status, error}`
 */
export function shownMessages(state, unsent) {
  if (!unsent || state.messages.some((message) => message.client_id === unsent.client_id)) return state.messages;
  return [...state.messages, { ...unsent, id: unsent.client_id, role: "user", pending: true }];
}

/** @returns {object | undefined} the newest answer: the only one that can be given again */
export function lastAnswer(state) {
  return state.messages.findLast((message) => message.role === "ranger");
}
