/** Where the focus goes when what had it is no longer there. */
import { useEffect, useRef } from "preact/hooks";

const HEADING = "reviews-heading";

/** @returns {object} a ref for the button that opens a form: it gets the focus when the form closes */
export function useReturningFocus(open) {
  const opener = useRef(null);
  const wasOpen = useRef(open);
  useEffect(() => {
    if (wasOpen.current && !open) opener.current?.focus();
    wasOpen.current = open;
  }, [open]);
  return opener;
}

/** The heading of the list, which gets the focus when a review has gone. */
export const headingProps = { id: HEADING, tabIndex: -1 };

/** Put the focus at the head of the list. */
export function focusHeading() {
  document.getElementById(HEADING)?.focus({ preventScroll: true });
}
