/** A map of the states, in the colours of the page; what is on it is up to who shows it. */
import { useEffect, useRef, useState } from "preact/hooks";
import { mapPoint } from "../feed/locations.js";
import { html } from "../html.js";
import { loadMap } from "../map/library.js";
import { ErrorBox } from "./states.js";

const OPTIONS = { minZoom: 2, maxZoom: 17, zoomSnap: 0.25, attributionControl: false, maxBoundsViscosity: 0.6 };
const BOUNDS = [[-75, -285], [85, 110]];

/** South-west and north-east of the contiguous states. */
export const STATES_BOUNDS = [[24.5, -125], [49.5, -66.5]];

/**
 * @param {string} label says what the map shows
 * @param {{bounds: number[][]} | {centre: number[], zoom: number}} start where it begins
 * @param {(canvas: {L: object, map: object} | null) => void} onMap gets the map when there is one, null when it has gone
 */
export function MapView({ label, start, onMap }) {
  const box = useRef(null);
  const [state, setState] = useState("loading");
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let close = () => {};
    let gone = false;
    setState("loading");
    loadMap().then(
      (library) => {
        if (gone) return;
        close = open(library, box.current, start, onMap);
        setState("ready");
      },
      () => !gone && setState("failed"),
    );
    return () => {
      gone = true;
      close();
    };
  }, [attempt]);
  return html`
    <div class="map-box">
      <div ref=${box} class="map" role="region" aria-label=${label}></div>
      ${state === "loading" && html`<p class="map-note" role="status">Drawing the map…</p>`}
      ${state === "failed" && html`
        <div class="map-note"><${ErrorBox} text="The map could not be loaded. The list has everything that is on it."
          onRetry=${() => setAttempt(attempt + 1)} /></div>
      `}
    </div>
  `;
}

/** Whether maps and clusters may glide. */
export function isAnimated() {
  return !matchMedia("(prefers-reduced-motion: reduce)").matches;
}

function open({ L, states, tiles }, box, start, onMap) {
  const glides = isAnimated();
  const map = L.map(box, { ...OPTIONS, maxBounds: BOUNDS, zoomAnimation: glides, fadeAnimation: glides, markerZoomAnimation: glides });
  if (tiles) L.tileLayer(tiles, { maxZoom: 19, maxNativeZoom: 19 }).addTo(map);
  L.geoJSON(states, {
    interactive: false,
    coordsToLatLng: ([longitude, latitude]) => L.latLng(mapPoint(latitude, longitude)),
    style: { className: tiles ? "map-state map-state-line" : "map-state" },
  }).addTo(map);
  L.control.attribution({ prefix: false }).addAttribution(attributionOf(tiles)).addTo(map);
  L.control.scale({ position: "bottomleft" }).addTo(map);
  if (start.bounds) map.fitBounds(start.bounds, { animate: false });
  else map.setView(start.centre, start.zoom, { animate: false });
  const resized = new ResizeObserver(() => map.invalidateSize({ animate: false }));
  resized.observe(box);
  onMap({ L, map });
  return () => {
    onMap(null);
    resized.disconnect();
    map.remove();
  };
}

function attributionOf(tiles) {
  const outlines = "Outlines: U.S. Census Bureau";
  if (!tiles) return outlines;
  const host = new URL(tiles.replace("{s}.", ""), location.origin).host;
  return /(^|\.)openstreetmap\.org$/.test(host)
    ? `© <a href="https://www.openstreetmap.org/copyright" target="_blank" rel="noopener">OpenStreetMap</a> contributors`
    : `Map: ${host.replace(/[^\w.:-]/g, "")} · ${outlines}`;
}
