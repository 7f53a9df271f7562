/** A new review's draft, which outlives the tab. */
import { useEffect, useRef, useState } from "preact/hooks";
import { keepDraft, readDraft } from "../api/storage.js";
import { EMPTY_DRAFT } from "../feed/review-draft.js";

/**
 * @param {string} key
 * @returns {[object | null, (draft: object) => Promise<void>]} null until it is known whether there is one
 */
export function useReviewDraft(key) {
  const [draft, setDraft] = useState(null);
  const touched = useRef(false);
  useEffect(() => {
    touched.current = false;
    setDraft(null);
    readDraft(key).then((kept) => !touched.current && setDraft({ ...EMPTY_DRAFT, ...kept }));
  }, [key]);
  const change = (next) => {
    touched.current = true;
    setDraft(next);
    return keepDraft(key, next);
  };
  return [draft, change];
}
