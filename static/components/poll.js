/** Reads something again and again, with its ETag, and rests while the page is hidden. */
import { useEffect, useState } from "preact/hooks";
import { call } from "../api/session.js";

/**
 * @param {string} path
 * @param {number} everyMs
 * @returns {{data: any, error: Error | null, retry: () => void}}
 */
export function usePolled(path, everyMs) {
  const [result, setResult] = useState({ data: null, error: null });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => poll(path, everyMs, setResult), [path, everyMs, attempt]);
  return { ...result, retry: () => setAttempt(attempt + 1) };
}

function poll(path, everyMs, show) {
  let etag = null;
  let timer;
  let ended = false;
  const read = async () => {
    clearTimeout(timer);
    try {
      const answer = await call("GET", path, { etag });
      if (!ended && answer.status !== 304) {
        etag = answer.fromCache ? null : answer.etag;
        show({ data: answer.data, error: answer.fromCache ? new Error("There is no connection to the hub.") : null });
      } else if (!ended) {
        show((before) => (before.error ? { ...before, error: null } : before));
      }
    } catch (error) {
      if (!ended) show((before) => ({ ...before, error }));
    }
    if (!ended && !document.hidden) timer = setTimeout(read, everyMs);
  };
  const wake = () => (document.hidden ? clearTimeout(timer) : read());
  document.addEventListener("visibilitychange", wake);
  read();
  return () => {
    ended = true;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", wake);
  };
}
