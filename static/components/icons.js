/** Icons, drawn for the hub on a 24 by 24 grid. */
import { html } from "../html.js";

const PATHS = {
  person: "M12 12.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-7.5 8c.6-3.6 3.7-5.5 7.5-5.5s6.9 1.9 7.5 5.5",
  alert: "M12 4 2.8 19.5h18.4L12 4Zm0 6v4.5m0 2.6v.4",
  peaks: "m2.5 19 6.5-11 4 6.5 2.5-4 6 8.5h-19Zm4.6-7.5L9 13l2-1.5",
  sun: "M12 8.2a3.8 3.8 0 1 0 0 7.6 3.8 3.8 0 0 0 0-7.6ZM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M18.7 5.3l-1.4 1.4M6.7 17.3l-1.4 1.4",
  moon: "M19.5 14.2A8 8 0 0 1 9.8 4.5a8 8 0 1 0 9.7 9.7Z",
  search: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13Zm5-2 5 5",
  send: "M3.5 12 20.5 4l-5 16.5-4-6.5-8-2Zm8 2 4-4",
  edit: "M4 20h4L19 9l-4-4L4 16v4Zm9-13 4 4",
  trash: "M5 7h14M10 7V4.5h4V7m-7.5 0 .8 12.5h9.4L17.5 7M10 11v5m4-5v5",
  down: "M12 5v14m-6-6 6 6 6-6",
  people: "M9 12a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Zm-6.5 7.500c.5-3 3-4.7 6.5-4.700s6 1.7 6.5 4.700M16 5.300a3.3 3.3 0 0 1 0 6.400m2 3.400c2 .6 3.2 2.1 3.5 4.4",
  flag: "M6 21V4m0 .5h11.500l-2.500 4 2.500 4H6",
  shield: "M12 3 5 5.500v5.500c0 4.500 2.800 7.800 7 10 4.200-2.200 7-5.500 7-10V5.500L12 3Zm0 5.500v4m0 2.800v.2",
  chat: "M4 5h16v11H10l-4.5 3.500V16H4V5Z",
  stop: "M6 6h12v12H6V6Z",
  copy: "M9 9h11v11H9V9Zm-5 6V4h11",
  again: "M19.5 12a7.500 7.500 0 1 1-2.200-5.300M19.5 3.500v4h-4",
  plus: "M12 5v14M5 12h14",
  left: "m14.5 6-6 6 6 6",
  right: "m9.5 6 6 6-6 6",
  pin: "M12 21c4.500-5 6.500-8.200 6.500-11.200a6.500 6.500 0 0 0-13 0C5.500 12.800 7.500 16 12 21Zm0-8.500a2.700 2.700 0 1 0 0-5.400 2.700 2.700 0 0 0 0 5.400Z",
};

/** An icon that says nothing to a screen reader: the text beside it does. */
export function Icon({ name }) {
  return html`
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d=${PATHS[name]} /></svg>
  `;
}

/** The hub's mark: a peak with a band of ice, inside a ranger's badge. */
export function Logo() {
  return html`
    <svg class="logo" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path class="logo-badge" d="M16 1.5 28.5 6v11.500c0 6.5-5 10.5-12.5 13-7.5-2.5-12.5-6.5-12.5-13V6L16 1.500Z" />
      <path class="logo-peak" d="m6 21.5 7-12 3.6 5.6 2.3-3.4 7 9.800c-2 3-5.3 5-9.9 6.6-4.6-1.6-8-3.6-10-6.600Z" />
      <path class="logo-ice" d="m13 9.5 3.6 5.6-1.7 1.6-1.9-1.6-1.8 2-1.7-2L13 9.500Z" />
    </svg>
  `;
}

/** One star, full or part of it. */
export function Star() {
  return html`
    <svg class="star" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d="m12 3 2.7 5.9 6.3.7-4.7 4.3 1.3 6.300L12 17l-5.6 3.2 1.3-6.300L3 9.600l6.3-.7L12 3Z" />
    </svg>
  `;
}
