/** Who is logged in: the access token in memory, refreshed before it ends, by one tab at a time. */
import { signal } from "@preact/signals";
import { ApiError, ELSEWHERE, request } from "./http.js";
import { inTurn, local, parse, serviceWorker, tab } from "./kept.js";
import { Leaving } from "./leaving.js";

const KNOWN = "hub.member";
const GUEST = "hub.guest";
const REFRESH = "hub.refresh";
const EARLY_MS = 60_000;
const RECOGNISE_MS = 4_000;

// Hosted on another site, the refresh token cannot be an HttpOnly cookie: it lives in this tab's sessionStorage, where a
// script injected into the page could read it, and ends with the tab. Who is logged in is then known per tab as well.
const kept = ELSEWHERE ? tab : local;

/** The member, null for a guest, undefined until it is known. */
export const member = signal(undefined);

/** Called with each fresh access token, so that living sockets get it. */
export const onToken = new Set();

let access = null;
let endsAt = 0;
let timer;
let refreshing = null;
let recognising = null;
let departures = 0;

const leaving = new Leaving({
  storage: kept,
  send: (path, body) => request("POST", path, { body, keepalive: true }),
  inTurn: alone,
});

/** Find out who is here: by the session of an earlier visit, or a guest. */
export async function start() {
  const known = parse(kept.get(KNOWN));
  if (leaving.pending) {
    leaving.tell();
    member.value = null;
  } else if (known?.username) {
    member.value = known;
    await freshToken().catch(() => null);
  } else if (ELSEWHERE || kept.get(GUEST)) {
    member.value = null;
  } else {
    recognising = Promise.race([recognise(), new Promise((resolve) => setTimeout(resolve, RECOGNISE_MS))]);
    await recognising;
    recognising = null;
    member.value ??= null;
  }
}

/** Browsers drop what pages keep, and not the cookie: ask once whether there is a session. */
async function recognise() {
  try {
    await refresh();
  } catch (error) {
    if (error.status === 401) kept.set(GUEST, "1");
  }
}

/** @returns {Promise<string | null>} an access token that is good for a while, null for a guest */
export async function freshToken() {
  await recognising;
  if (leaving.pending || !member.peek()) return null;
  if (access && Date.now() < endsAt - EARLY_MS) return access;
  refreshing ??= refresh().finally(() => (refreshing = null));
  return refreshing;
}

/** The access token was refused: the next call gets a fresh one. */
export function rejectToken() {
  access = null;
}

/** REST as the member; a token that has just ended is refreshed once. */
export async function call(method, path, options = {}) {
  try {
    return await request(method, path, { ...options, token: await tokenFor(method) });
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401 || !access) throw error;
    access = null;
    return request(method, path, { ...options, token: await freshToken() });
  }
}

/** Without a connection there is no token either, but for a read the service worker may have kept the member's answer. */
async function tokenFor(method) {
  try {
    return await freshToken();
  } catch (error) {
    if (method !== "GET" || error.status !== 0) throw error;
    return null;
  }
}

/** @throws {ApiError} */
export function logIn(username, password) {
  return begin("/api/auth/login", { username, password, session: kind() });
}

/** @throws {ApiError} */
export function register(username, password, name) {
  return begin("/api/auth/register", { username, password, session: kind(), ...(name ? { name } : {}) });
}

/** A session begins when the one before has ended, lest its late log-out ends this one. */
function begin(path, body) {
  return alone(async () => {
    await leaving.finish();
    granted((await request("POST", path, { body })).data);
  });
}

/**
 * End this session, or all of the member's. This browser forgets it at once; the hub hears of it as soon as it can.
 * @returns {Promise<boolean>} whether the hub has heard
 */
export function logOut({ everywhere = false } = {}) {
  leaving.begin({ everywhere, refreshToken: tab.get(REFRESH) });
  forget();
  return leaving.tell();
}

/** Change the name or password of the account. */
export async function changeAccount(edit) {
  const { data } = await call("PUT", "/api/auth/me", { body: edit });
  remember(data);
}

/** Delete the account; the posts stay as "former member". */
export async function deleteAccount(password) {
  await call("DELETE", "/api/auth/me", { body: { password } });
  forget();
}

function kind() {
  return ELSEWHERE ? "body" : "cookie";
}

/** One tab at a time: a token may be used only once, and the cookie is shared by all tabs. */
function alone(work) {
  return ELSEWHERE ? work() : inTurn("hub.refresh", work);
}

/** Who logs out while this waits for its turn or its answer, here or in another tab, stays so. */
function refresh() {
  const began = departures;
  const hasLeft = () => leaving.pending || departures !== began;
  return alone(async () => {
    if (hasLeft()) return null;
    const body = ELSEWHERE ? { refresh_token: tab.get(REFRESH) ?? "" } : {};
    try {
      const { data } = await request("POST", "/api/auth/refresh", { body });
      if (hasLeft()) return null;
      granted(data);
    } catch (error) {
      if (error.status === 401) forget();
      throw error;
    }
    return access;
  });
}

function granted({ user, access_token: token, expires_in: seconds, refresh_token: refreshToken }) {
  access = token;
  endsAt = Date.now() + seconds * 1000;
  if (refreshToken) tab.set(REFRESH, refreshToken);
  remember(user);
  clearTimeout(timer);
  timer = setTimeout(() => freshToken().catch(() => null), Math.max(5_000, seconds * 1000 - EARLY_MS));
  for (const tell of onToken) tell(token);
}

function remember(user) {
  kept.set(KNOWN, JSON.stringify(user));
  kept.remove(GUEST);
  if (JSON.stringify(member.peek()) !== JSON.stringify(user)) member.value = user;
}

function forget() {
  departures += 1;
  access = null;
  clearTimeout(timer);
  kept.remove(KNOWN);
  kept.set(GUEST, "1");
  tab.remove(REFRESH);
  member.value = null;
  serviceWorker()?.controller?.postMessage({ type: "forget" });
}

/** Whether the member may change what others wrote. */
export function isModerator(who) {
  return who?.role === "moderator" || who?.role === "admin";
}

window.addEventListener("online", () => leaving.pending && leaving.tell());

window.addEventListener("storage", (event) => {
  if (event.key !== KNOWN) return;
  if (!event.newValue) departures += 1;
  access = null;
  member.value = parse(event.newValue);
});
