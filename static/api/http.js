/** REST: JSON in and out, problems as errors, and the place of the hub where the page is hosted elsewhere. */

import { heard } from "./version.js";

const meta = document.querySelector('meta[name="hub-api"]')?.content ?? "";

/** The hub's origin: this page's own unless the page says otherwise. */
export const ORIGIN = (meta || location.origin).replace(/\/$/, "");

/** Whether the page is hosted on another site than the hub: then no cookie can carry the session. */
export const ELSEWHERE = ORIGIN !== location.origin;

const TIMEOUT_MS = 15_000;

/** A problem (RFC 9457); `status` 0 means that there was no answer, and with 412 `current` is what is there now. */
export class ApiError extends Error {
  constructor(status, problem = {}) {
    super(problem.detail ?? "There is no connection to the hub.");
    this.status = status;
    this.fields = Object.fromEntries((problem.errors ?? []).map((entry) => [entry.field, entry.message]));
    this.retryAfter = problem.retryAfter;
    this.current = problem.current;
  }
}

/** @returns {string} the websocket address of `path` */
export function socketUrl(path) {
  return ORIGIN.replace(/^http/, "ws") + path;
}

/**
 * @param {string} method
 * @param {string} path
 * @param {{body?: object, token?: string | null, etag?: string, basedOn?: string, keepalive?: boolean}} [options] `etag`: only
 *   when it is another one now; `basedOn`: only while it is this one; `keepalive`: though the page is being closed
 * @returns {Promise<{status: number, data: any, etag: string | null, fromCache: boolean}>} `fromCache`: the service worker
 *   gave what it had, as the hub could not be reached
 * @throws {ApiError}
 */
export async function request(method, path, { body, token, etag, basedOn, keepalive = false } = {}) {
  const headers = {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (token) headers.Authorization = `Bearer ${token}`;
  if (etag) headers["If-None-Match"] = etag;
  if (basedOn) headers["If-Match"] = basedOn;
  const response = await fetch(ORIGIN + path, {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(TIMEOUT_MS),
    cache: "no-store",
    keepalive,
  }).catch(() => {
    throw new ApiError(0);
  });
  return read(response);
}

async function read(response) {
  const fromCache = response.headers.has("X-From-Cache");
  if (!fromCache) heard(response.headers.get("Hub-Client"));
  const text = await response.text().catch(() => "");
  const isJson = (response.headers.get("Content-Type") ?? "").includes("json");
  const data = text && isJson ? JSON.parse(text) : null;
  if (response.status >= 400) {
    throw new ApiError(response.status, { ...data, retryAfter: Number(response.headers.get("Retry-After")) || null });
  }
  return { status: response.status, data, etag: response.headers.get("ETag"), fromCache };
}
