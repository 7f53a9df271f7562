/** The map of one park: who is where now, and sharing where one is oneself. */
import { useEffect, useMemo, useRef } from "preact/hooks";
import { member } from "../api/session.js";
import { html } from "../html.js";
import { element, syncMarkers } from "../map/markers.js";
import { Sharing } from "../map/sharing.js";
import { Avatar, initials } from "./avatar.js";
import { Time } from "./clock.js";
import { LocationShare } from "./location-share.js";
import { MapView } from "./map-view.js";

const AROUND_DEGREES = 0.9;

/** @param {{channel: object}} props */
export function LocationTab({ channel }) {
  const sharing = useMemo(() => new Sharing(channel), [channel]);
  useEffect(() => () => sharing.leave(), [sharing]);
  const { locations, channel: about } = channel.view();
  const people = [...locations.values()].filter(({ expires_at }) => Date.parse(expires_at) > Date.now());
  return html`
    <div class="location-tab">
      <${LocationShare} sharing=${sharing} mine=${locations.get(member.value?.username)} />
      <${PeopleMap} park=${about.park} name=${about.name} people=${people} />
      <${People} people=${people} />
    </div>
  `;
}

function PeopleMap({ park, name, people }) {
  const latest = useRef(people);
  latest.current = people;
  const draw = useRef(null);
  useEffect(() => draw.current?.(), [people]);
  const center = [park.latitude, park.longitude];
  const bounds = [-1, 1].map((side) => [center[0] + side * AROUND_DEGREES, center[1] + side * AROUND_DEGREES]);
  const ready = (map, L) => {
    const pin = element("span", "map-pin map-pin-park", "▲");
    L.marker(center, { icon: L.divIcon({ className: "map-icon", html: pin, iconSize: [28, 28] }), title: name, keyboard: false }).addTo(map);
    const layer = L.markerClusterGroup({ maxClusterRadius: 30, iconCreateFunction: (group) => groupIcon(L, group) }).addTo(map);
    const areas = L.layerGroup().addTo(map);
    const known = new Map();
    const knownAreas = new Map();
    draw.current = () => {
      syncMarkers(layer, known, latest.current, { key, sign, make: (one) => personMarker(L, one) });
      const blurred = latest.current.filter(({ precision }) => precision === "area");
      syncMarkers(areas, knownAreas, blurred, { key, sign, make: (one) => area(L, one) });
    };
    draw.current();
    return () => (draw.current = null);
  };
  return html`<${MapView} label=${`Map of ${name} with those who share where they are`} bounds=${bounds} onReady=${ready} />`;
}

const key = ({ username }) => username;
const sign = ({ latitude, longitude, precision }) => `${latitude} ${longitude} ${precision}`;

function personMarker(L, { username, latitude, longitude, precision }) {
  const pin = element("span", "map-person", initials(username));
  const icon = L.divIcon({ className: "map-icon", html: pin, iconSize: [30, 30] });
  const title = precision === "area" ? `${username}, somewhere around here` : username;
  return L.marker([latitude, longitude], { icon, title, alt: title }).bindTooltip(title);
}

function area(L, { latitude, longitude }) {
  return L.circle([latitude, longitude], { radius: 3_600, className: "map-area", interactive: false });
}

function groupIcon(L, group) {
  const pin = element("span", "map-group map-pin-live", String(group.getChildCount()));
  return L.divIcon({ className: "map-icon", html: pin, iconSize: [34, 34] });
}

/** The same in words. */
function People({ people }) {
  if (people.length === 0) return html`<p class="muted location-none">Nobody shares where they are at the moment.</p>`;
  return html`
    <section class="location-people" aria-label="On the map now">
      <ul class="people">
        ${people.map(
          ({ username, precision, updated_at }) => html`
            <li key=${username}>
              <${Avatar} name=${username} /> ${username}
              <span class="muted">${precision === "area" ? "about here" : "exactly"}, <${Time} at=${updated_at} /></span>
            </li>
          `,
        )}
      </ul>
    </section>
  `;
}
