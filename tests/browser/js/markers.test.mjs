import assert from "node:assert/strict";
import { test } from "node:test";
import { syncMarkers } from "../../../static/map/markers.js";

const rules = { key: ({ name }) => name, sign: ({ at }) => String(at), make: (thing) => ({ ...thing }) };

function newLayer() {
  const markers = new Set();
  return { markers, addLayer: (marker) => markers.add(marker), removeLayer: (marker) => markers.delete(marker) };
}

const shown = (layer) => [...layer.markers].map(({ name, at }) => `${name}${at}`).sort();

test("markers follow the list: new ones come, gone ones go, moved ones move", () => {
  const layer = newLayer();
  const known = new Map();
  syncMarkers(layer, known, [{ name: "ada", at: 1 }, { name: "ben", at: 1 }], rules);
  assert.deepEqual(shown(layer), ["ada1", "ben1"]);
  syncMarkers(layer, known, [{ name: "ben", at: 2 }, { name: "cid", at: 1 }], rules);
  assert.deepEqual(shown(layer), ["ben2", "cid1"]);
  syncMarkers(layer, known, [], rules);
  assert.equal(layer.markers.size + known.size, 0);
});

test("what has not changed keeps its marker, and with it its focus and popup", () => {
  const layer = newLayer();
  const known = new Map();
  syncMarkers(layer, known, [{ name: "ada", at: 1 }], rules);
  const before = known.get("ada").marker;
  syncMarkers(layer, known, [{ name: "ada", at: 1 }], rules);
  assert.equal(known.get("ada").marker, before);
});
