/** All parks on one map: their stars, and how many people are there now. */
import { useEffect, useRef } from "preact/hooks";
import { peopleIn } from "../feed/catalogue.js";
import { html } from "../html.js";
import { element, syncMarkers } from "../map/markers.js";
import { MapView } from "./map-view.js";

const HAWAII_TO_MAINE = [
  [18, -166],
  [66, -64],
];

/** @param {{parks: object[]}} props channels that are parks */
export function ParksMap({ parks }) {
  const latest = useRef(parks);
  latest.current = parks;
  const draw = useRef(null);
  useEffect(() => draw.current?.(), [parks]);
  const ready = (map, L) => {
    const layer = L.markerClusterGroup({ maxClusterRadius: 34, iconCreateFunction: (group) => clusterIcon(L, group) });
    layer.addTo(map);
    const known = new Map();
    draw.current = () => syncMarkers(layer, known, latest.current, rules(L));
    draw.current();
    return () => (draw.current = null);
  };
  return html`<${MapView} label="Map of all parks" bounds=${HAWAII_TO_MAINE} onReady=${ready} />`;
}

function rules(L) {
  return {
    key: (park) => park.slug,
    sign: (park) => `${peopleIn(park.online)} ${park.stats.rating.average} ${park.stats.rating.count}`,
    make: (park) => parkMarker(L, park),
  };
}

function parkMarker(L, park) {
  const people = peopleIn(park.online);
  const pin = element("span", people ? "map-pin map-pin-live" : "map-pin", people ? String(people) : "");
  const icon = L.divIcon({ className: "map-icon", html: pin, iconSize: [28, 28] });
  const marker = L.marker([park.park.latitude, park.park.longitude], { icon, title: words(park), alt: words(park), people });
  return marker.bindPopup(() => popup(park));
}

function words(park) {
  const people = peopleIn(park.online);
  return people ? `${park.name}, ${people} here` : park.name;
}

function popup(park) {
  const { rating, posts } = park.stats;
  const box = element("div", "map-popup");
  const stars = rating.count ? `★ ${rating.average.toFixed(1)} (${rating.count})` : "No ratings yet";
  const link = element("a", "", park.name, { href: `/channels/${park.slug}` });
  const people = peopleIn(park.online);
  const facts = [stars, posts === 1 ? "1 post" : `${posts} posts`, people ? `${people} here now` : "nobody here now"];
  box.append(link, element("span", "muted", facts.join(" · ")));
  return box;
}

function clusterIcon(L, group) {
  const people = group.getAllChildMarkers().reduce((sum, marker) => sum + marker.options.people, 0);
  const pin = element("span", people ? "map-group map-pin-live" : "map-group", String(group.getChildCount()));
  return L.divIcon({ className: "map-icon", html: pin, iconSize: [34, 34] });
}
