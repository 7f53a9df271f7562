/** A draft that outlives the tab; what is typed before it was read wins. */
import { useEffect, useRef, useState } from "preact/hooks";
import { opened } from "../api/sealing.js";
import { keepDraft, readDraft } from "../api/storage.js";

/**
 * @param {string} key begins with the member's username and "/"
 * @param {object} empty nothing written
 * @returns {{draft: object, isRead: boolean, change: (draft: object) => Promise<void>}} `isRead`: it is known whether
 *   there is one
 */
export function useDraft(key, empty) {
  const [{ draft, isRead }, setState] = useState({ draft: empty, isRead: false });
  const touched = useRef(false);
  useEffect(() => {
    touched.current = false;
    setState({ draft: empty, isRead: false });
  }, [key]);
  useEffect(() => {
    let current = true;
    readDraft(key).then((kept) => {
      if (current && !touched.current) setState({ draft: { ...empty, ...kept }, isRead: true });
    });
    return () => (current = false);
  }, [key, opened.value]);
  const change = (next) => {
    touched.current = true;
    setState({ draft: next, isRead: true });
    return keepDraft(key, next);
  };
  return { draft, isRead, change };
}
