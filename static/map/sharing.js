/**
 * Sharing one's position in one channel: asks the browser where it is, and tells the hub until the time is over.
 *
 * The first position goes over REST, whose answer says until when; the later ones over the channel's socket.
 */
import { signal } from "@preact/signals";
import { call } from "../api/session.js";

const LOOK = { enableHighAccuracy: true, maximumAge: 10_000, timeout: 30_000 };
const REASONS = {
  1: "Your browser does not let this page know where you are. Allow it in the page's settings, then try again.",
  2: "Your device does not know where it is at the moment.",
  3: "Your device took too long to find out where it is. Try again under open sky.",
};

export class Sharing {
  /**
   * @param {object} channel the OpenChannel
   * @param {Geolocation} [places]
   */
  constructor(channel, places = navigator.geolocation) {
    this.channel = channel;
    this.places = places;
    this.state = signal({ kind: "off" });
  }

  /** @param {{precision: "exact" | "area", seconds: number}} wanted */
  start(wanted) {
    if (!this.places) {
      this.state.value = { kind: "off", problem: "This browser cannot tell where it is." };
      return;
    }
    this.wanted = wanted;
    this.endsAt = Date.now() + wanted.seconds * 1000;
    this.state.value = { kind: "looking" };
    this.watch = this.places.watchPosition(
      (position) => this.#found(position.coords),
      (error) => this.#notFound(error),
      LOOK,
    );
    this.timer = setTimeout(() => this.stop(), wanted.seconds * 1000);
  }

  /** Stop, here and for everyone. */
  async stop() {
    this.leave();
    this.state.value = { kind: "stopping" };
    try {
      await call("DELETE", this.#path);
      this.state.value = { kind: "off" };
    } catch (error) {
      this.state.value = error.status === 404 ? { kind: "off" } : { kind: "on", problem: error.message };
    }
  }

  /** Ask the browser no longer; what was shared last stays until it ends. */
  leave() {
    clearTimeout(this.timer);
    if (this.watch !== undefined) this.places.clearWatch(this.watch);
    this.watch = undefined;
  }

  get #path() {
    return `/api/channels/${this.channel.slug}/location`;
  }

  async #found({ latitude, longitude }) {
    if (this.watch === undefined) return;
    const { precision, seconds } = this.wanted;
    const isFirst = this.state.peek().kind !== "on";
    // Moving alone does not put off the end.
    const body = { latitude, longitude, precision, ...(isFirst && { expires_in: seconds }) };
    if (!isFirst && this.channel.connection?.send({ type: "location.set", ...body })) return;
    try {
      await call("PUT", this.#path, { body });
      if (this.watch !== undefined) this.state.value = { kind: "on", until: this.endsAt, precision };
    } catch (error) {
      if (isFirst) this.leave();
      this.state.value = { ...(isFirst ? { kind: "off" } : this.state.peek()), problem: error.message };
    }
  }

  #notFound(error) {
    // A tunnel in the middle of a walk ends nothing: the next position will come.
    if (this.state.peek().kind === "on" && error.code !== 1) return;
    this.leave();
    this.state.value = { kind: "off", problem: REASONS[error.code] ?? REASONS[2] };
  }
}
