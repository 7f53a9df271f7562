/** A ridge line for each channel, drawn from its name: always the same for one park, never the same for two. */
import { html } from "../html.js";

const WIDTH = 320;
const HEIGHT = 96;
const LAYERS = [
  { base: 0.42, rough: 0.42, steps: 7 },
  { base: 0.6, rough: 0.3, steps: 10 },
  { base: 0.78, rough: 0.2, steps: 14 },
];

function randomFrom(text) {
  let state = 2166136261;
  for (const letter of text) state = Math.imul(state ^ letter.charCodeAt(0), 16777619);
  return () => {
    state = Math.imul(state ^ (state >>> 15), 2246822519) + 0x6d2b79f5;
    return ((state ^ (state >>> 13)) >>> 0) / 4294967296;
  };
}

function layerPath({ base, rough, steps }, random) {
  const points = Array.from({ length: steps + 1 }, (_, step) => {
    const jitter = step === 0 || step === steps ? 0 : (random() - 0.5) * 0.5;
    const x = ((step + jitter) / steps) * WIDTH;
    const y = (base + (random() - 0.6) * rough) * HEIGHT;
    return `${x.toFixed(1)} ${y.toFixed(1)}`;
  });
  return `M${points.join("L")}L${WIDTH} ${HEIGHT}L0 ${HEIGHT}Z`;
}

/** The picture; it decorates only. Stretched over the whole width, it has no sun: that would be an egg. */
export function Ridge({ slug, stretched = false }) {
  const random = randomFrom(slug);
  const sun = { x: 40 + random() * 240, y: 16 + random() * 20 };
  return html`
    <svg class=${`ridge ridge-tone-${Math.floor(random() * 4)}`} viewBox=${`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio=${stretched ? "none" : "xMidYMax slice"} aria-hidden="true" focusable="false">
      ${!stretched && html`<circle class="ridge-sun" cx=${sun.x} cy=${sun.y} r="10" />`}
      ${LAYERS.map((layer, depth) => html`<path class=${`ridge-${depth}`} d=${layerPath(layer, random)} />`)}
    </svg>
  `;
}
