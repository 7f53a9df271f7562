/** A link to one thing on a page (`#post-7`) finds it, also when it is drawn long after the page. */
import { useEffect, useRef } from "preact/hooks";

/**
 * @param {string | null} name what the address says behind the `#`
 * @returns {object} the ref of the element to bring into view
 */
export function useAnchor(name) {
  const ref = useRef(null);
  useEffect(() => {
    if (!name || location.hash !== `#${name}`) return;
    // A list that follows its end has done so by the second frame.
    requestAnimationFrame(() => requestAnimationFrame(() => show(ref.current)));
  }, [name]);
  return ref;
}

function show(element) {
  element?.scrollIntoView({ block: "center" });
  element?.classList.add("pointed-at");
}
