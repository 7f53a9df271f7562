/**
 * One channel's websocket: hello with `since`, heartbeat watchdog, fresh tokens, close codes and reconnecting.
 *
 * What it needs of the browser is given to it, so that it runs in tests without one.
 */
import { afterClose, backoff } from "./backoff.js";

const GRACE_MS = 10_000;
const TYPING_MS = 3_000;
const PROBE_MS = 4_000;
const CONNECT_MS = 10_000;
const MALFORMED = 4400;

export class FeedConnection {
  /**
   * @param {object} options
   * @param {string} options.url
   * @param {() => {since: number, epoch: string | null, mark?: string | null}} options.position where the state is
   * @param {() => Promise<string | null>} options.token a good access token, null for a guest
   * @param {() => void} [options.onRejected] the token was refused: the next one must be fresh
   * @param {(frame: object) => void} options.onFrame
   * @param {(status: object) => void} options.onStatus `{kind: "connecting" | "live" | "waiting" | "stopped", …}`
   * @param {object} [options.timers] setTimeout, clearTimeout, Date
   * @param {typeof WebSocket} [options.Socket]
   */
  constructor({ url, position, token, onFrame, onStatus, onRejected, timers = globalThis, Socket = globalThis.WebSocket }) {
    Object.assign(this, { url, position, token, onFrame, onStatus, onRejected, timers, Socket });
    this.attempt = 0;
    this.heartbeat = 25;
    this.reconnectIn = null;
    this.closed = false;
    this.paused = false;
    this.typedAt = 0;
  }

  /** Connect now, whatever was planned. */
  async open() {
    this.timers.clearTimeout(this.retryTimer);
    if (this.closed || this.socket) return;
    this.onStatus({ kind: "connecting", attempt: this.attempt });
    const attempt = (this.opening = {});
    const token = await this.token().catch(() => undefined);
    if (this.closed || this.opening !== attempt) return;
    if (token === undefined) {
      this.#ended(null, 1006);
      return;
    }
    const socket = (this.socket = new this.Socket(this.url));
    socket.onopen = () => this.#hello(token);
    socket.onmessage = (message) => this.#receive(JSON.parse(message.data));
    socket.onclose = (event) => this.#ended(socket, event.code);
    this.#watch(CONNECT_MS);
  }

  /** Close for good. */
  close() {
    this.closed = true;
    this.#drop();
  }

  /** A hidden tab does not reconnect. */
  pause() {
    this.paused = true;
    this.timers.clearTimeout(this.retryTimer);
  }

  /** Visible or online again: reconnect at once if there is no socket. */
  resume() {
    this.paused = false;
    if (!this.socket) this.tryNow();
  }

  /** Reconnect without waiting. */
  tryNow() {
    this.attempt = 0;
    this.open();
  }

  /** Throw the socket away and connect anew, for another login. */
  restart() {
    this.#drop();
    this.attempt = 0;
    this.open();
  }

  /** Make sure that the socket lives: an answer must come soon, else it is replaced. */
  probe() {
    if (!this.socket) {
      this.resume();
    } else if (this.send({ type: "ping" })) {
      this.#watch(PROBE_MS);
    }
  }

  /** A fresh token for the living socket. */
  authenticate(token) {
    this.send({ type: "auth", token });
  }

  /** Tell that the member writes, at most once in three seconds. */
  typing() {
    const now = this.timers.Date.now();
    if (now - this.typedAt < TYPING_MS) return;
    this.typedAt = now;
    this.send({ type: "typing" });
  }

  /** @returns {boolean} whether the frame went out */
  send(frame) {
    if (this.socket?.readyState !== 1) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  #hello(token) {
    const { since, epoch, mark } = this.position();
    const hello = { type: "hello" };
    if (token) hello.token = token;
    if (epoch) Object.assign(hello, { since, epoch });
    this.hasMarked = Boolean(epoch && mark && !this.unmarked);
    if (this.hasMarked) hello.mark = mark;
    this.send(hello);
  }

  #receive(frame) {
    this.#watch();
    if (frame.type === "welcome") {
      this.attempt = 0;
      this.hasMarked = false;
      this.heartbeat = frame.heartbeat;
      this.onStatus({ kind: "live" });
    } else if (frame.type === "goodbye") {
      this.reconnectIn = frame.reconnect_in * 1000;
    }
    this.onFrame(frame);
  }

  #watch(wait = this.heartbeat * 1000 + GRACE_MS) {
    this.timers.clearTimeout(this.watchdog);
    this.watchdog = this.timers.setTimeout(() => this.#lost(), wait);
  }

  #lost() {
    this.#drop();
    this.#ended(null, 1006);
  }

  #drop() {
    const socket = this.socket;
    this.socket = null;
    this.opening = null;
    this.timers.clearTimeout(this.watchdog);
    this.timers.clearTimeout(this.retryTimer);
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #ended(socket, code) {
    if (socket && socket !== this.socket) return;
    this.socket = null;
    this.timers.clearTimeout(this.watchdog);
    const next = this.#isFromBeforeMarks(code) ? "reconnect" : afterClose(code);
    if (next === "authenticate") this.onRejected?.();
    if (next === "stop") {
      this.closed = true;
      this.onStatus({ kind: "stopped", code });
      return;
    }
    this.#retry(next === "authenticate" ? 100 : (this.reconnectIn ?? backoff(this.attempt)), code);
  }

  /** While a hub is renewed, a worker from before the marks may be asked: it takes no hello that has one. */
  #isFromBeforeMarks(code) {
    if (code !== MALFORMED || !this.hasMarked) return false;
    this.unmarked = true;
    return true;
  }

  #retry(wait, code) {
    this.reconnectIn = null;
    this.attempt += 1;
    const delay = code === 4401 && this.attempt > 2 ? backoff(this.attempt) : wait;
    this.onStatus({ kind: "waiting", until: this.timers.Date.now() + delay, code });
    if (!this.paused) this.retryTimer = this.timers.setTimeout(() => this.open(), delay);
  }
}
