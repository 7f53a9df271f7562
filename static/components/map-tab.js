/** The tab "Map" of a park: who is where now, on the map and as a list, and a way to share where one is. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { member } from "../api/session.js";
import { mapPoint, nextEnd, placeInWords, shownLocations } from "../feed/locations.js";
import { timeOfDay } from "../feed/time.js";
import { html } from "../html.js";
import { Avatar } from "./avatar.js";
import { Age } from "./clock.js";
import { ShareLocation } from "./location-share.js";
import { PeopleLayer } from "./map-markers.js";
import { MapView, STATES_BOUNDS } from "./map-view.js";

const PARK_ZOOM = 8;

/** The tab. */
export function MapTab({ channel }) {
  const about = channel.view().channel;
  const me = member.value?.username;
  const locations = useShown(channel);
  const [canvas, setCanvas] = useState(null);
  const layer = usePeople(canvas, locations, me, about);
  const centre = centreOf(about);
  return html`
    <div class="map-tab">
      <${MapView} label=${`Map of ${about.name} with the people who share where they are`} onMap=${setCanvas}
        start=${centre ? { centre, zoom: PARK_ZOOM } : { bounds: STATES_BOUNDS }} />
      <div class="map-beside">
        <${ShareLocation} channel=${channel} mine=${locations.find(({ username }) => username === me)} />
        <${People} locations=${locations} me=${me} onFind=${(name) => layer.current?.find(name)}
          onAll=${() => layer.current?.showAll(centre ? [centre] : [])} />
      </div>
    </div>
  `;
}

/** Those to show now: drawn again at each change, and when one ends. */
function useShown(channel) {
  channel.view();
  const version = channel.version.value;
  const connected = channel.status.value.kind === "live";
  const [moment, setMoment] = useState(Date.now());
  const shown = useMemo(
    () => shownLocations(channel.state.locations, { connected, now: Date.now() }),
    [channel, version, connected, moment],
  );
  useEffect(() => {
    const left = connected ? null : nextEnd(shown, Date.now());
    const timer = left === null ? null : setTimeout(() => setMoment(Date.now()), left + 1);
    return () => clearTimeout(timer);
  }, [shown, connected]);
  return shown;
}

function usePeople(canvas, locations, me, about) {
  const layer = useRef(null);
  useEffect(() => {
    layer.current = canvas && new PeopleLayer(canvas);
    if (canvas) markPark(canvas, about);
  }, [canvas]);
  useEffect(() => layer.current?.show(locations, me), [canvas, locations, me]);
  return layer;
}

function markPark({ L, map }, about) {
  const centre = centreOf(about);
  if (!centre) return;
  const html = Object.assign(document.createElement("span"), { className: "map-place", textContent: about.name });
  L.marker(centre, { icon: L.divIcon({ html, className: "map-icon", iconSize: [0, 0] }), interactive: false, keyboard: false }).addTo(map);
}

function centreOf({ park }) {
  return park && Number.isFinite(park.latitude) ? mapPoint(park.latitude, park.longitude) : null;
}

function People({ locations, me, onFind, onAll }) {
  return html`
    <section class="map-people" aria-labelledby="people-heading">
      <div class="map-people-head">
        <h2 id="people-heading">On the map now</h2>
        ${locations.length > 0 && html`<button class="button button-small button-quiet" type="button" onClick=${onAll}>Show all</button>`}
      </div>
      ${locations.length === 0 && html`<p class="muted">Nobody shares where they are at the moment.</p>`}
      <ul>
        ${locations.map((location) => html`<${Person} key=${location.username} location=${location} isMe=${location.username === me} onFind=${onFind} />`)}
      </ul>
    </section>
  `;
}

function Person({ location, isMe, onFind }) {
  const { username, precision, updated_at: at, expires_at: end } = location;
  return html`
    <li data-username=${username}>
      <${Avatar} name=${username} username=${username} />
      <div>
        <span class="handle" aria-hidden="true">@</span><button class="link-button" type="button" title="Show on the map" onClick=${() => onFind(username)}>${username}</button>${isMe && html` <span class="muted">you</span>`}
        <p class="hint">${precision === "exact" ? "" : "About 5 km around "}${placeInWords(location)}</p>
        <p class="hint"><${Age} at=${at} /> · until ${timeOfDay(end)}</p>
      </div>
    </li>
  `;
}
