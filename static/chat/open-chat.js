/** A conversation that is open in this page: its state, its connection, and the question that is on its way. */
import { signal } from "@preact/signals";
import { socketUrl } from "../api/http.js";
import { newId } from "../api/ids.js";
import { call, freshToken, member, onToken, rejectToken } from "../api/session.js";
import { keepDraft, readDraft } from "../api/storage.js";
import { watchingForDeploys } from "../api/version.js";
import { backoff } from "../feed/backoff.js";
import { FeedConnection } from "../feed/connection.js";
import { conversationClosed, noteConversation } from "./conversations.js";
import { applyChat, emptyChat, GAP } from "./state.js";

const FRAME_AT_LATEST_MS = 200;
const firstQuestions = new Map();

/** Ask this as soon as the conversation is open: its first question. */
export function askFirst(id, text) {
  firstQuestions.set(id, text);
}

/** Components read the state (see state.js) through `view()`, which makes them draw again whenever it has changed. */
export class OpenChat {
  /** @param {number} id the conversation's */
  constructor(id) {
    this.id = id;
    this.state = emptyChat();
    this.version = signal(0);
    this.status = signal({ kind: "idle" });
    this.stale = signal(false);
    this.unsent = signal(null);
    this.problem = signal(null);
    this.listeners = [];
    this.failures = 0;
    this.begun = firstQuestions.has(id);
    this.key = `${member.peek().username}/chat/${id}/unsent`;
  }

  /** The state, for a component that is to follow its changes. */
  view() {
    void this.version.value;
    return this.state;
  }

  /** Connect, and send what an earlier visit could not. */
  open() {
    const watch = watchingForDeploys();
    this.connection = new FeedConnection({
      url: socketUrl(`/ws/chat/${this.id}`),
      position: () => ({ since: 0, epoch: null }),
      token: freshToken,
      onRejected: rejectToken,
      onFrame: (frame) => this.#receive(frame),
      onStatus: (status) => {
        this.#status(status);
        watch(status);
      },
    });
    this.#listen();
    this.connection.open();
    const first = firstQuestions.get(this.id);
    firstQuestions.delete(this.id);
    if (first) this.ask(first);
    else readDraft(this.key).then((kept) => kept && !this.unsent.value && this.#send(kept));
  }

  /** Let go of everything. */
  close() {
    this.closed = true;
    conversationClosed(this.id);
    this.connection?.close();
    clearTimeout(this.retryTimer);
    clearTimeout(this.frameTimer);
    for (const stop of this.listeners) stop();
  }

  /** Ask; the question is kept until the hub has it. */
  ask(text, clientId = newId()) {
    return this.#send({ text, client_id: clientId, status: "sending", error: null });
  }

  /** Send the question again that did not arrive. */
  retry() {
    if (this.unsent.value) this.#send({ ...this.unsent.value, status: "sending", error: null });
  }

  /** Throw the question away that did not arrive. */
  discard() {
    clearTimeout(this.retryTimer);
    this.unsent.value = null;
    keepDraft(this.key, {});
  }

  /** Stop the answer under way. */
  stop() {
    return this.#do("POST", `/api/chat/messages/${this.state.answering}/stop`);
  }

  /** Answer again. */
  regenerate(messageId) {
    return this.#do("POST", `/api/chat/messages/${messageId}/regenerate`);
  }

  /** Put a question in other words: what came after it goes. @returns {Promise<boolean>} whether the hub took it */
  edit(messageId, text) {
    return this.#do("PUT", `/api/chat/messages/${messageId}`, { text });
  }

  async #do(method, path, body) {
    this.problem.value = null;
    try {
      await call(method, path, { body });
      return true;
    } catch (error) {
      this.problem.value = error.message;
      return false;
    }
  }

  async #send(entry) {
    clearTimeout(this.retryTimer);
    this.problem.value = null;
    this.unsent.value = { ...entry, status: "sending" };
    const { text, client_id: clientId } = entry;
    await keepDraft(this.key, { text, client_id: clientId });
    try {
      await call("POST", `/api/chat/conversations/${this.id}/messages`, { body: { text, client_id: clientId } });
      this.failures = 0;
      await keepDraft(this.key, {});
      if (this.#isShown(clientId)) this.unsent.value = null;
    } catch (error) {
      this.#notSent(clientId, error);
    }
  }

  /** Without an answer of the hub it tries again by itself; what the hub refused waits for the member. */
  #notSent(clientId, error) {
    if (this.unsent.value?.client_id !== clientId) return;
    const later = error.status === 0 || error.status >= 500;
    this.unsent.value = { ...this.unsent.value, status: later ? "waiting" : "failed", error: error.message };
    if (later && !this.closed) this.retryTimer = setTimeout(() => this.retry(), 1_000 + backoff(this.failures++));
  }

  #receive(frame) {
    const before = this.state.conversation;
    if (frame.type === "error") this.problem.value = frame.message;
    const behind = frame.type === "heartbeat" && frame.seq > this.state.seq;
    if (behind || applyChat(this.state, frame) === GAP) this.connection.restart();
    const clientId = this.unsent.value?.client_id;
    if (clientId && this.#isShown(clientId)) this.discard();
    if (this.state.gone || this.state.conversation !== before) noteConversation(this.id, this.state);
    if (frame.type === "chat.delta") this.#changedSoon();
    else this.#changed();
  }

  /** Many pieces, one drawing: with the next frame, and soon also where no frames are drawn. */
  #changedSoon() {
    if (this.frameTimer) return;
    const draw = () => this.frameTimer && this.#changed();
    this.frameTimer = setTimeout(draw, FRAME_AT_LATEST_MS);
    requestAnimationFrame(draw);
  }

  #isShown(clientId) {
    return this.state.messages.some((message) => message.client_id === clientId);
  }

  #status(status) {
    this.status.value = status;
    if (status.kind === "stopped") {
      this.state.gone = true;
      this.#changed();
    }
  }

  #listen() {
    const on = (target, name, handle) => {
      target.addEventListener(name, handle);
      this.listeners.push(() => target.removeEventListener(name, handle));
    };
    on(document, "visibilitychange", () => (document.hidden ? this.connection.pause() : this.connection.resume()));
    on(window, "online", () => {
      this.connection.probe();
      if (this.unsent.value?.status === "waiting") this.retry();
    });
    const tell = (token) => this.connection.authenticate(token);
    onToken.add(tell);
    this.listeners.push(() => onToken.delete(tell));
  }

  #changed() {
    clearTimeout(this.frameTimer);
    this.frameTimer = null;
    if (!this.closed) this.version.value += 1;
  }
}
