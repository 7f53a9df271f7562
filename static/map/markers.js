/** Keeps markers on a map the same as a list of things, without drawing again what has not changed. */

/**
 * @template T
 * @param {object} layer a Leaflet layer group
 * @param {Map<string, {marker: object, sign: string}>} known the markers there are, changed in place
 * @param {T[]} things
 * @param {{key: (thing: T) => string, sign: (thing: T) => string, make: (thing: T) => object}} rules `sign` is another text
 *   whenever the marker must look or be somewhere else
 */
export function syncMarkers(layer, known, things, { key, sign, make }) {
  const wanted = new Map(things.map((thing) => [key(thing), thing]));
  for (const [name, { marker, sign: before }] of known) {
    const thing = wanted.get(name);
    if (thing && sign(thing) === before) continue;
    layer.removeLayer(marker);
    known.delete(name);
  }
  for (const [name, thing] of wanted) {
    if (known.has(name)) continue;
    const marker = make(thing);
    layer.addLayer(marker);
    known.set(name, { marker, sign: sign(thing) });
  }
}

/** @returns {HTMLElement} an element with text, never with markup */
export function element(tag, className, text = "", more = {}) {
  return Object.assign(document.createElement(tag), { className, textContent: text, ...more });
}
