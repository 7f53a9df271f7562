/** Keys and presses around text fields. */

const SAFARI_IME = 229;
const touch = matchMedia("(pointer: coarse)");

/**
 * Whether a key belongs to an input method that composes a word: Enter takes the word, Escape drops it, a digit picks
 * one, and none of them is meant for the page. Safari ends the composition before it tells of its last key, and that
 * key is known by its code alone.
 * @param {KeyboardEvent} event
 */
export function isComposing(event) {
  return event.isComposing || event.keyCode === SAFARI_IME;
}

/** An input method's keys do nothing in the page, also where the browser acts by itself: forms, dialogs. */
addEventListener("keydown", (event) => {
  if (["Enter", "Escape"].includes(event.key) && isComposing(event)) event.preventDefault();
}, true);

/** Whether this key leaves what is being written. */
export function leavesOnEscape(event) {
  return event.key === "Escape" && !isComposing(event);
}

/**
 * Whether this key sends: Enter without Shift, never while an input method composes a word, and on a phone, whose Enter
 * is for new lines, only with Ctrl or Command.
 * @param {KeyboardEvent} event
 * @param {{always?: boolean}} [options] `always: false`: only with Ctrl or Command everywhere
 */
export function sendsOnEnter(event, { always = true } = {}) {
  if (event.key !== "Enter" || isComposing(event)) return false;
  if (event.ctrlKey || event.metaKey) return true;
  return always && !touch.matches && !event.shiftKey && event.target.tagName === "TEXTAREA";
}

/** Make a text area as high as its text; the style sheet sets the most. */
export function growToText(area) {
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight + 2}px`;
}

let pressed = false;
addEventListener("pointerdown", () => (pressed = true), true);
for (const name of ["pointerup", "pointercancel"]) addEventListener(name, () => (pressed = false), true);

/** Do what moves the page once the press under way is over: else a click would miss what was under the pointer. */
export function afterPress(work) {
  if (!pressed) return work();
  const done = () => setTimeout(work, 50);
  return addEventListener("pointerup", done, { once: true });
}
