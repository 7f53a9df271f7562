/**
 * A log-out that the hub may not have heard of yet. It is kept until there is an answer, over reloads too, and as long as
 * it waits nobody is logged in by the cookie that is still there.
 *
 * What it needs of the browser is given to it, so that it runs in tests without one.
 */
import { backoff } from "../feed/backoff.js";
import { parse } from "./kept.js";

const KEY = "hub.leaving";

export class Leaving {
  /**
   * @param {object} options
   * @param {{get: Function, set: Function, remove: Function}} options.storage where it is kept
   * @param {(path: string, body: object) => Promise<void>} options.send tells the hub; throws `{status}`, 0 without answer
   * @param {(work: () => Promise<void>) => Promise<void>} options.inTurn runs what no other tab may do meanwhile
   * @param {object} [options.timers] setTimeout, clearTimeout
   */
  constructor({ storage, send, inTurn, timers = globalThis }) {
    Object.assign(this, { storage, send, inTurn, timers });
    this.attempt = 0;
  }

  /** Whether a log-out waits for its answer. */
  get pending() {
    return this.#read() !== null;
  }

  /** Remember to log out. `refreshToken` is there where no cookie has it. */
  begin({ everywhere, refreshToken }) {
    this.storage.set(KEY, JSON.stringify({ everywhere, ...(refreshToken ? { refresh_token: refreshToken } : {}) }));
  }

  /** Tell the hub now, and again later as often as it takes. @returns {Promise<boolean>} whether it has heard */
  async tell() {
    this.timers.clearTimeout(this.timer);
    try {
      await this.inTurn(() => this.finish());
      return true;
    } catch {
      this.timer = this.timers.setTimeout(() => this.tell(), 1000 + backoff(this.attempt++));
      return false;
    }
  }

  /** Tell the hub what waits; within a turn. @throws {ApiError} it could not be told; what waits goes on waiting */
  async finish() {
    const waiting = this.#read();
    if (!waiting) return;
    const { everywhere, ...body } = waiting;
    try {
      await this.send(everywhere ? "/api/auth/logout-all" : "/api/auth/logout", body);
    } catch (error) {
      // 401: the session is over already.
      if (error.status !== 401) throw error;
    }
    this.attempt = 0;
    this.storage.remove(KEY);
  }

  #read() {
    return parse(this.storage.get(KEY));
  }
}
