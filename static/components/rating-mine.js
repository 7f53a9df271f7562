/** One's own stars of a channel: shown at once, sent one after the other, and what was chosen last holds. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { otherTabs } from "../api/kept.js";
import { call, member } from "../api/session.js";

// The arrow keys walk over the stars between: only where they stop is sent.
const SETTLE_MS = 250;

const others = otherTabs("hub.stars");

class StarSender {
  constructor(slug, tell) {
    this.path = `/api/channels/${slug}/rating`;
    this.tell = tell;
    this.sending = false;
  }

  choose(stars) {
    this.wanted = stars;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), SETTLE_MS);
    this.tell({ wanted: stars, problem: null });
  }

  async send() {
    clearTimeout(this.timer);
    if (this.sending) return;
    this.sending = true;
    while (this.wanted !== undefined) {
      const stars = this.wanted;
      const problem = await this.#put(stars);
      if (this.wanted !== stars) continue;
      if (problem) {
        this.tell({ wanted: stars, problem });
        break;
      }
      this.wanted = undefined;
      this.tell({ stored: stars });
    }
    this.sending = false;
  }

  async #put(stars) {
    try {
      await (stars === null ? call("DELETE", this.path) : call("PUT", this.path, { body: { stars } }));
      return null;
    } catch (error) {
      return error;
    }
  }
}

/**
 * @param {string} slug
 * @param {number | null} stored what the hub has
 * @param {(stars: number | null) => void} onStored told when the hub has taken a change
 * @returns {{stars: number | null, problem: Error | null, choose: (stars: number | null) => void, retry: () => void}}
 */
export function useMyStars(slug, stored, onStored) {
  const [{ wanted, problem }, setState] = useState({ wanted: undefined, problem: null });
  const sender = useMemo(() => new StarSender(slug, () => {}), [slug]);
  sender.tell = (news) => {
    if ("stored" in news) {
      onStored(news.stored);
      others.postMessage({ username: member.peek()?.username, slug, stars: news.stored });
    }
    setState({ wanted: news.wanted, problem: news.problem ?? null });
  };
  useOtherTabs(slug, onStored);
  useEffect(() => {
    const again = () => sender.send();
    window.addEventListener("online", again);
    return () => {
      window.removeEventListener("online", again);
      sender.send();
    };
  }, [sender]);
  return {
    stars: wanted === undefined ? stored : wanted,
    problem,
    choose: (stars) => sender.choose(stars),
    retry: () => sender.send(),
  };
}

/** No event says whose stars have changed: one's other tabs tell each other. */
function useOtherTabs(slug, onStored) {
  const latest = useRef(onStored);
  latest.current = onStored;
  useEffect(() => {
    const hear = ({ data }) => {
      if (data.slug === slug && data.username === member.peek()?.username) latest.current(data.stars);
    };
    others.addEventListener("message", hear);
    return () => others.removeEventListener("message", hear);
  }, [slug]);
}
