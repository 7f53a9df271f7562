/** A channel that is open in this page: its state, its connection, and what a component can draw of both. */
import { computed, signal } from "@preact/signals";
import { socketUrl } from "../api/http.js";
import { call, freshToken, member, onToken, rejectToken } from "../api/session.js";
import { watchingForDeploys } from "../api/version.js";
import { backoff } from "./backoff.js";
import { FeedConnection } from "./connection.js";
import { onSent } from "./sender.js";
import * as feed from "./state.js";
import { hasWritten, noteWriter, SHOWN_MS, stillWriting } from "./typing.js";

const HIDDEN_TOO_LONG_MS = 60_000;

/**
 * Components read the state (see state.js) through `view()`, which makes them draw again whenever it has changed.
 * `on(type, handle)` tells of single frames (for a tab that draws more than the state holds).
 */
export class OpenChannel {
  /** @param {string} slug */
  constructor(slug) {
    this.slug = slug;
    this.state = feed.emptyState();
    this.version = signal(0);
    this.status = signal({ kind: "idle" });
    this.error = signal(null);
    this.loaded = signal(false);
    this.stale = signal(false);
    this.olderState = signal("idle");
    this.writers = signal(new Map());
    this.writing = computed(() => [...this.writers.value.keys()]);
    this.news = signal([]);
    this.early = [];
    this.failures = 0;
    this.doubts = 0;
    this.handlers = new Map();
    this.listeners = [];
  }

  /** The state, for a component that is to follow its changes: a component without this keeps its first drawing. */
  view() {
    void this.version.value;
    return this.state;
  }

  /** Read the history, then connect from where it ends. */
  async open() {
    const watch = watchingForDeploys();
    this.connection = new FeedConnection({
      url: socketUrl(`/ws/channels/${this.slug}`),
      position: () => ({ since: this.state.seq, epoch: this.state.epoch, mark: this.state.mark }),
      token: freshToken,
      onRejected: rejectToken,
      onFrame: (frame) => this.#receive(frame),
      onStatus: (status) => {
        this.status.value = status;
        watch(status);
      },
    });
    this.#listen();
    await this.refresh();
  }

  /** Let go of everything. */
  close() {
    this.closed = true;
    this.connection?.close();
    clearTimeout(this.retryTimer);
    clearTimeout(this.typingTimer);
    for (const stop of this.listeners) stop();
  }

  /** Call `handle` with each frame of this type; returns how to stop. */
  on(type, handle) {
    const handlers = this.handlers.get(type) ?? new Set();
    this.handlers.set(type, handlers.add(handle));
    return () => handlers.delete(handle);
  }

  /** Read the history again; events that come meanwhile are applied after it. */
  refresh() {
    clearTimeout(this.retryTimer);
    this.reading ??= this.#read().finally(() => {
      this.reading = null;
      if ((this.early.length || this.state.epoch === null) && !this.error.value) this.refresh();
    });
    return this.reading;
  }

  /** Read a page of older posts. */
  async older() {
    const { posts } = this.state;
    if (!posts.next || this.olderState.value === "loading") return;
    this.olderState.value = "loading";
    try {
      const cursor = encodeURIComponent(posts.next);
      const { data } = await call("GET", `/api/channels/${this.slug}/posts?cursor=${cursor}`);
      if (this.state.posts === posts) feed.loadOlder(posts, data);
      this.olderState.value = "idle";
    } catch {
      this.olderState.value = "failed";
    }
    this.#changed();
  }

  /** What a REST answer said of a post, without waiting for its event. */
  put(post) {
    feed.addEntry(this.state.posts, post);
    this.#changed();
  }

  /** A post that is deleted now. */
  remove(postId) {
    feed.removeEntry(this.state.posts, postId);
    this.#changed();
  }

  /** Change the state by `work`, and draw again. */
  change(work) {
    work(this.state);
    this.#changed();
  }

  /** After a change by REST: its event brings it, but while there is no living socket it has to be read. */
  async settle() {
    if (this.status.peek().kind !== "live") await this.refresh();
  }

  async #read() {
    const { doubts } = this;
    try {
      const [history, channel] = await Promise.all([
        call("GET", `/api/channels/${this.slug}/history`),
        call("GET", `/api/channels/${this.slug}`),
      ]);
      this.state.channel = channel.data;
      if (doubts === this.doubts) feed.loadHistory(this.state, this.#withoutOldNews(history.data));
      this.stale.value = history.fromCache;
      this.#ready();
    } catch (error) {
      this.#failed(error);
    }
    this.#changed();
  }

  /** Who is where is the socket's to tell: a read that was under way meanwhile may bring back somebody who has gone. */
  #withoutOldNews(history) {
    return this.status.peek().kind === "live" ? { ...history, locations: undefined } : history;
  }

  #ready() {
    this.error.value = null;
    this.loaded.value = true;
    this.failures = 0;
    this.#replayEarly();
    if (!this.closed) this.connection.open();
  }

  #failed(error) {
    this.error.value = error;
    if (this.closed || error.status === 404) return;
    this.retryTimer = setTimeout(() => this.refresh(), 1_000 + backoff(this.failures++));
  }

  #replayEarly() {
    const early = this.early.sort((a, b) => a.seq - b.seq);
    this.early = [];
    for (const event of early) if (this.#apply(event) === feed.GAP) this.early.push(event);
  }

  #receive(frame) {
    if (frame.type === "welcome") {
      if (feed.applyWelcome(this.state, frame)) this.#doubt();
      else this.stale.value = false;
    } else if (frame.type === "resync") {
      this.#doubt();
    } else if (frame.type === "heartbeat") {
      if (frame.seq > this.state.seq) this.refresh();
      else if (feed.disagrees(this.state, frame)) this.#doubt();
    } else if (frame.type === "typing") {
      this.#showWriter(frame.data.username);
    } else if (frame.channel !== undefined && this.#apply(frame) === feed.GAP) {
      this.early.push(frame);
      this.refresh();
    }
    for (const handle of this.handlers.get(frame.type) ?? []) handle(frame);
    this.#changed();
  }

  /** The log may be another one: what was kept of it, and a read that is under way, are of the earlier one. */
  #doubt() {
    feed.doubt(this.state);
    this.early = [];
    this.doubts += 1;
    this.refresh();
  }

  #apply(event) {
    const result = feed.applyEvent(this.state, event);
    const isNew = event.type === "post.created" && event.data.created_at === event.at;
    if (result === feed.APPLIED && isNew) {
      this.writers.value = hasWritten(this.writers.value, event.data.author.username);
      this.news.value = [...this.news.value.slice(-99), event.data];
    }
    return result;
  }

  #showWriter(username) {
    if (username === member.peek()?.username) return;
    this.writers.value = noteWriter(this.writers.value, username, Date.now());
    clearTimeout(this.typingTimer);
    this.typingTimer = setTimeout(() => this.#dropWriters(), SHOWN_MS / 5);
  }

  #dropWriters() {
    this.writers.value = stillWriting(this.writers.value, Date.now());
    if (this.writers.value.size) this.typingTimer = setTimeout(() => this.#dropWriters(), SHOWN_MS / 5);
  }

  #listen() {
    const on = (target, name, handle) => {
      target.addEventListener(name, handle);
      this.listeners.push(() => target.removeEventListener(name, handle));
    };
    on(document, "visibilitychange", () => this.#visibility());
    on(window, "online", () => this.#back());
    const tell = (token) => this.connection.authenticate(token);
    onToken.add(tell);
    const sent = (post) => post.channel === this.slug && this.put(post);
    onSent.add(sent);
    this.listeners.push(() => onToken.delete(tell), () => onSent.delete(sent), this.#followMember());
  }

  /** Another member, another socket: presence and rights belong to who connects. */
  #followMember() {
    let known = member.peek()?.username;
    return member.subscribe((who) => {
      if (who?.username === known) return;
      known = who?.username;
      this.connection.restart();
      this.refresh();
    });
  }

  #visibility() {
    if (document.hidden) {
      this.hiddenAt = Date.now();
      this.connection.pause();
    } else if (Date.now() - (this.hiddenAt ?? Date.now()) > HIDDEN_TOO_LONG_MS) {
      this.#back();
    } else {
      this.connection.resume();
    }
  }

  #back() {
    if (this.loaded.value) {
      this.connection.resume();
      this.connection.probe();
    } else {
      this.refresh();
    }
  }

  #changed() {
    if (!this.closed) this.version.value += 1;
  }
}
