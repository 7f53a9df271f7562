/** A list that follows its end while the reader is there, and otherwise never moves under their eyes. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { isAtEnd } from "../feed/unread.js";

const EARLY_PX = 400;

/**
 * @param {() => void} onNearStart called when the reader comes near the start
 * @returns {{ref: object, atEnd: boolean, toEnd: () => void}}
 */
export function useScroller(onNearStart) {
  const ref = useRef(null);
  const place = useRef({ following: true, anchor: null });
  const [atEnd, setAtEnd] = useState(true);
  const nearStart = useRef(onNearStart);
  nearStart.current = onNearStart;

  useLayoutEffect(() => {
    keepPlace(ref.current, place.current);
    note(ref.current, place.current);
  });
  useEffect(() => {
    const list = ref.current;
    const onScroll = () => {
      note(list, place.current);
      setAtEnd(place.current.following);
      if (list.scrollTop < EARLY_PX && list.scrollHeight > list.clientHeight) nearStart.current();
    };
    const observer = new ResizeObserver(() => keepPlace(list, place.current));
    list.addEventListener("scroll", onScroll, { passive: true });
    observer.observe(list);
    if (list.firstElementChild) observer.observe(list.firstElementChild);
    return () => {
      list.removeEventListener("scroll", onScroll);
      observer.disconnect();
    };
  }, []);
  const toEnd = () => {
    place.current.following = true;
    setAtEnd(true);
    keepPlace(ref.current, place.current);
  };
  return { ref, atEnd, toEnd };
}

/** Remember whether the view follows, and else the first row in sight. */
function note(list, place) {
  place.following = isAtEnd(list);
  const top = list.getBoundingClientRect().top;
  const rows = [...list.querySelectorAll("[data-row]")];
  const row = rows.find((candidate) => candidate.getBoundingClientRect().bottom > top);
  place.anchor = row ? { row, offset: row.getBoundingClientRect().top - top } : null;
}

function keepPlace(list, place) {
  if (!list) return;
  if (place.following) {
    list.scrollTop = list.scrollHeight;
  } else if (place.anchor?.row.isConnected) {
    const moved = place.anchor.row.getBoundingClientRect().top - list.getBoundingClientRect().top - place.anchor.offset;
    if (Math.abs(moved) >= 1) list.scrollTop += moved;
  }
}
