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
  if (!element) return;
  element.scrollIntoView({ block: "center" });
  element.classList.add("pointed-at");
  // A list that follows its end must know now that it no longer does: its own event would come after its next drawing.
  for (let around = element.parentElement; around; around = around.parentElement) {
    if (around.scrollTop > 0 || around.scrollHeight > around.clientHeight) around.dispatchEvent(new Event("scroll"));
  }
}
