/** A map with the outlines of the states, in the colours of the page; what is on it is up to who shows it. */
import { useEffect, useRef, useState } from "preact/hooks";
import { html } from "../html.js";
import { loadMap } from "../map/library.js";
import { ErrorBox, Loading } from "./states.js";

const STATE = { className: "map-state", weight: 1, fillOpacity: 1 };

/**
 * @param {object} props
 * @param {string} props.label what the map shows, for those who do not see it
 * @param {[[number, number], [number, number]]} props.bounds corners of what is shown first, latitude and longitude
 * @param {(map: object, L: object) => (() => void) | void} props.onReady called once; may return what to do at the end
 */
export function MapView({ label, bounds, onReady }) {
  const box = useRef(null);
  const [state, setState] = useState("loading");
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let end = () => {};
    let gone = false;
    setState("loading");
    loadMap().then(
      (library) => {
        if (gone) return;
        setState("ready");
        end = show(box.current, library, { bounds, onReady });
      },
      () => gone || setState("failed"),
    );
    return () => {
      gone = true;
      end();
    };
  }, [attempt]);
  return html`
    <div class="map">
      <div ref=${box} class="map-box" role="region" aria-label=${label}></div>
      ${state === "loading" && html`<div class="map-over"><${Loading} lines=${3} /></div>`}
      ${state === "failed" &&
      html`<div class="map-over"><${ErrorBox} text="The map could not be loaded." onRetry=${() => setAttempt(attempt + 1)} /></div>`}
    </div>
  `;
}

function show(box, { L, states, tiles }, { bounds, onReady }) {
  const map = L.map(box, { minZoom: 2, maxZoom: 18, zoomSnap: 0.25, attributionControl: Boolean(tiles), worldCopyJump: true });
  map.fitBounds(bounds);
  map.attributionControl?.setPrefix(false);
  L.geoJSON(states, { interactive: false, style: STATE }).addTo(map);
  if (tiles) L.tileLayer(tiles, { maxZoom: 18, attribution: "© OpenStreetMap contributors" }).addTo(map);
  L.control.scale().addTo(map);
  const resized = new ResizeObserver(() => map.invalidateSize());
  resized.observe(box);
  const end = onReady(map, L);
  return () => {
    resized.disconnect();
    end?.();
    map.remove();
  };
}
