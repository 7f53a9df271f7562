/**
 * Sharing where the member is: follows the device, tells the hub, and ends by time, by hand, or because the hub says so.
 *
 * What it needs of the browser is given to it, so that it runs in tests without one.
 */
const MOVE_MS = 1_000;
const WITHOUT_SOCKET_MS = 15_000;
const RETRY_MS = 5_000;
const AREA_MS = 30_000;
/** For an area the device need not look closely, and nothing closer than about 100 m leaves it. */
const OPTIONS = {
  exact: { enableHighAccuracy: true, maximumAge: 5_000, timeout: 30_000 },
  area: { enableHighAccuracy: false, maximumAge: 300_000, timeout: 30_000 },
};
const AREA_DECIMALS = 3;
const REFUSED = 1;

/**
 * Nothing is shared from this page. `follows`: it moves along with the device; `busy` is null, "locating" or "stopping".
 */
export const OFF = Object.freeze({ slug: null, precision: null, until: null, follows: false, busy: null, problem: null });

export class Sharing {
  /**
   * @param {object} options
   * @param {Geolocation | undefined} options.geolocation
   * @param {(method: string, path: string, options?: object) => Promise<{data: object}>} options.call REST as the member
   * @param {(state: object) => void} options.onChange
   * @param {object} [options.timers] setTimeout, clearTimeout, Date
   */
  constructor({ geolocation, call, onChange, timers = globalThis }) {
    Object.assign(this, { geolocation, call, onChange, timers, state: OFF, sentAt: -Infinity });
  }

  /**
   * Ask the device, then share; `seconds` left out keeps the end that was set before.
   * @param {string} slug
   * @param {{precision: "exact" | "area", seconds?: number}} how
   */
  async start(slug, { precision, seconds }) {
    if (this.state.busy) return;
    if (this.state.slug && this.state.slug !== slug && !(await this.stop())) return;
    this.letGo();
    this.#set({ slug, precision, busy: "locating" });
    const attempt = (this.attempt = {});
    try {
      const point = pointOf(await this.#locate(precision), precision);
      if (attempt !== this.attempt) return;
      const body = { ...point, precision, ...(seconds && { expires_in: seconds }) };
      const { data } = await this.call("PUT", pathOf(slug), { body });
      if (attempt === this.attempt) this.#follow(data, point, seconds);
    } catch (error) {
      if (attempt === this.attempt) this.#set({ problem: inWords(error) });
    }
  }

  /**
   * Stop, and have the hub erase it; tried again until the hub has heard it.
   * @returns {Promise<boolean>} whether it is erased
   */
  async stop(slug = this.state.slug) {
    const before = this.state;
    this.letGo();
    this.#set({ ...before, slug, busy: "stopping", problem: null });
    const attempt = (this.attempt = {});
    try {
      await this.call("DELETE", pathOf(slug));
    } catch (error) {
      if (attempt !== this.attempt) return false;
      if (error.status !== 404) {
        this.#set({ ...before, slug, follows: false, busy: null, problem: `Not stopped yet: ${error.message} Trying again.` });
        this.retryTimer = this.timers.setTimeout(() => this.stop(slug), RETRY_MS);
        return false;
      }
    }
    if (attempt === this.attempt) this.#set({});
    return true;
  }

  /** There is a connection again: what could not be stopped is stopped now. */
  online() {
    if (this.retryTimer) this.stop();
  }

  /** The hub says that nothing is shared any more: what the device tells from now on must not bring it back. */
  ended(slug) {
    if (this.state.slug !== slug || this.state.busy) return false;
    this.letGo();
    return true;
  }

  /** Follow the device no longer; what the hub has stays until its end. */
  letGo() {
    this.attempt = null;
    if (this.watch !== undefined) this.geolocation.clearWatch(this.watch);
    this.watch = undefined;
    for (const timer of [this.sendTimer, this.endTimer, this.retryTimer]) this.timers.clearTimeout(timer);
    this.sendTimer = this.retryTimer = null;
    if (this.state !== OFF) this.#set({});
  }

  /** The channel's socket, as long as its page is open: `send` says whether a frame went out. Returns how to let it go. */
  attach(slug, send) {
    const socket = (this.socket = { slug, send });
    return () => {
      if (this.socket === socket) this.socket = null;
    };
  }

  #follow(location, point, seconds) {
    const { precision } = location;
    // An area that is shared already was updated when its cell changed, which may be hours ago.
    const left = Math.min(Date.parse(location.expires_at) - Date.parse(location.updated_at), seconds ? (seconds + 60) * 1_000 : Infinity);
    this.#set({ slug: this.state.slug, precision, until: location.expires_at, follows: true });
    this.point = point;
    this.sentAt = this.timers.Date.now();
    this.endTimer = this.timers.setTimeout(() => this.letGo(), left);
    this.watch = this.geolocation.watchPosition(
      (position) => this.#moved(pointOf(position, precision)),
      (error) => error.code === REFUSED && this.#lost(error),
      OPTIONS[precision],
    );
  }

  #lost(error) {
    this.letGo();
    this.#set({ problem: inWords(error) });
  }

  #moved(point) {
    if (point.latitude === this.point.latitude && point.longitude === this.point.longitude) return;
    this.point = point;
    const near = this.socket?.slug === this.state.slug ? MOVE_MS : WITHOUT_SOCKET_MS;
    const pause = this.state.precision === "area" ? AREA_MS : near;
    const wait = Math.max(0, this.sentAt + pause - this.timers.Date.now());
    this.sendTimer ??= this.timers.setTimeout(() => this.#send(), wait);
  }

  async #send() {
    const { slug, precision } = this.state;
    this.sendTimer = null;
    this.sentAt = this.timers.Date.now();
    const frame = { ...this.point, precision };
    if (this.socket?.slug === slug && this.socket.send({ type: "location.set", ...frame })) return;
    const attempt = this.attempt;
    try {
      await this.call("GET", pathOf(slug));
      if (attempt === this.attempt && this.state.slug === slug) await this.call("PUT", pathOf(slug), { body: frame });
    } catch (error) {
      if (error.status === 404) this.ended(slug);
      else if (attempt === this.attempt && isPassing(error)) this.sendTimer ??= this.timers.setTimeout(() => this.#send(), WITHOUT_SOCKET_MS);
    }
  }

  #locate(precision) {
    return new Promise((resolve, reject) => {
      if (this.geolocation) this.geolocation.getCurrentPosition(resolve, reject, OPTIONS[precision]);
      else reject(new Error("This browser cannot tell where you are."));
    });
  }

  #set(fields) {
    this.state = Object.keys(fields).length ? { ...OFF, ...fields } : OFF;
    this.onChange(this.state);
  }
}

function pathOf(slug) {
  return `/api/channels/${slug}/location`;
}

function isPassing({ status }) {
  return status === 0 || status === 429 || status >= 500;
}

function pointOf({ coords: { latitude, longitude } }, precision) {
  if (precision === "exact") return { latitude, longitude };
  return { latitude: Number(latitude.toFixed(AREA_DECIMALS)), longitude: Number(longitude.toFixed(AREA_DECIMALS)) };
}

function inWords(error) {
  if (error.code === REFUSED) {
    return "Your browser keeps your position to itself. Allow it for this site in the browser's settings, then try again.";
  }
  if (error.code) return "Your device could not find out where you are. Try again where it sees more sky.";
  return error.message;
}
