/** Leaflet, its clusters, and the outlines of the states: loaded once, when the first map is shown. */
import { request } from "../api/http.js";

const STYLES = ["/static/vendor/leaflet.css", "/static/vendor/leaflet-markercluster.css"];
const STATES = "/static/vendor/us-states.json";
let loading;

/** @returns {Promise<{L: object, states: object, tiles: string}>} `tiles` is the operator's tile server, often none */
export function loadMap() {
  loading ??= load().catch((error) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function load() {
  const [topology, config] = await Promise.all([readJson(STATES), readConfig(), ...STYLES.map(addStyles), addScripts()]);
  const states = globalThis.topojson.feature(topology, topology.objects.states);
  return { L: globalThis.L, states, tiles: config.map_tiles };
}

/** The libraries are scripts from before modules: they leave their names in the window. */
async function addScripts() {
  await Promise.all([import("../vendor/leaflet.js"), import("../vendor/topojson-client.js")]);
  await import("../vendor/leaflet-markercluster.js");
}

function addStyles(href) {
  if (document.querySelector(`link[href="${href}"]`)) return null;
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
  const loaded = new Promise((done, failed) => Object.assign(link, { onload: done, onerror: () => failed(new Error(href)) }));
  // Before the page's own: its colours win.
  document.head.prepend(link);
  return loaded;
}

async function readJson(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

/** Without the hub there is still a map: the tiles are an extra. */
async function readConfig() {
  return request("GET", "/api/config").then(
    ({ data }) => data,
    () => ({ map_tiles: "" }),
  );
}
