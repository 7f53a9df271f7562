/** Signs on a map: people in a park's, parks in the map of all; those too near to tell apart become one. */
import { AREA_METRES, differences, mapPoint, placeInWords } from "../feed/locations.js";
import { elapsed, timeOfDay } from "../feed/time.js";
import { initials } from "./avatar.js";
import { isAnimated } from "./map-view.js";

const POPUP = { maxWidth: 230, autoPanPadding: [12, 12] };

/** An element of plain text parts, so that a name is never read as markup. */
function element(tag, className, ...parts) {
  const made = Object.assign(document.createElement(tag), { className });
  made.append(...parts);
  return made;
}

function hidden(text) {
  return element("span", "visually-hidden", text);
}

function sign(text) {
  const made = element("span", "map-sign", text);
  made.setAttribute("aria-hidden", "true");
  return made;
}

function clusterGroup(L, radius, toSign) {
  return L.markerClusterGroup({
    showCoverageOnHover: false,
    maxClusterRadius: radius,
    animate: false,
    iconCreateFunction: (cluster) => toSign(cluster.getAllChildMarkers()),
  });
}

function popupOf(...parts) {
  return element("div", "map-popup", ...parts);
}

/** Moves a marker and leaves the focus where it was. */
function move(marker, point) {
  const hadFocus = marker.getElement() === document.activeElement;
  marker.setLatLng(point);
  if (hadFocus) marker.getElement()?.focus();
}

/** Goes near enough for the marker to stand alone; where no zoom parts it from its neighbours, they are spread out. */
function goTo({ map, cluster }, marker, zoom) {
  const group = marker.__parent;
  const apart = group._zoom + 1;
  map.getContainer().scrollIntoView({ block: "nearest" });
  map.setView(marker.getLatLng(), Math.min(map.getMaxZoom(), Math.max(map.getZoom(), zoom, apart)), { animate: false });
  if (apart > map.getMaxZoom()) {
    cluster.once("spiderfied", () => marker.openPopup());
    group.spiderfy();
  } else {
    marker.openPopup();
  }
}

/** The people who share where they are. */
export class PeopleLayer {
  /** @param {{L: object, map: object}} canvas */
  constructor({ L, map }) {
    this.L = L;
    this.map = map;
    this.shown = new Map();
    this.markers = new Map();
    this.areas = new Map();
    this.areaLayer = L.layerGroup().addTo(map);
    this.cluster = clusterGroup(L, 44, (markers) => this.#clusterSign(markers.length)).addTo(map);
  }

  /**
   * @param {object[]} locations
   * @param {string | undefined} me the member's own name
   */
  show(locations, me) {
    const { entered, changed, left } = differences(this.shown, locations);
    for (const name of left) this.#remove(name);
    this.cluster.addLayers(entered.map((location) => this.#marker(location, location.username === me)));
    for (const location of changed) this.#change(location);
    for (const location of [...entered, ...changed]) this.#markArea(location);
    this.shown = new Map(locations.map((location) => [location.username, location]));
  }

  /** Go to a person and open what is known. */
  find(username) {
    const marker = this.markers.get(username);
    if (!marker) return;
    goTo(this, marker, 10);
  }

  /** Show all of them, and `also`, at once. */
  showAll(also = []) {
    const points = [...[...this.markers.values()].map((marker) => marker.getLatLng()), ...also];
    if (points.length) this.map.fitBounds(this.L.latLngBounds(points), { maxZoom: 10, padding: [40, 40], animate: isAnimated() });
  }

  #marker(location, isMe) {
    const inside = [sign(initials(location.username)), hidden(`${location.username}: where they are`)];
    const body = element("span", isMe ? "map-person map-person-me" : "map-person", ...inside);
    body.dataset.username = location.username;
    const icon = this.L.divIcon({ html: body, className: "map-icon", iconSize: [38, 38], popupAnchor: [0, -16] });
    const marker = this.L.marker(pointOf(location), { icon, riseOnHover: true }).bindPopup(personPopup(location), POPUP);
    this.markers.set(location.username, marker);
    return marker;
  }

  #change(location) {
    const marker = this.markers.get(location.username);
    const { lat, lng } = marker.getLatLng();
    const [latitude, longitude] = pointOf(location);
    if (lat !== latitude || lng !== longitude) move(marker, [latitude, longitude]);
    marker.setPopupContent(personPopup(location));
  }

  #markArea(location) {
    this.areas.get(location.username)?.remove();
    this.areas.delete(location.username);
    if (location.precision !== "area") return;
    const circle = this.L.circle(pointOf(location), { radius: AREA_METRES, className: "map-area", interactive: false });
    this.areas.set(location.username, circle.addTo(this.areaLayer));
  }

  #remove(username) {
    this.cluster.removeLayer(this.markers.get(username));
    this.markers.delete(username);
    this.areas.get(username)?.remove();
    this.areas.delete(username);
  }

  #clusterSign(count) {
    const body = element("span", "map-cluster", sign(String(count)), hidden(`${count} people: look closer`));
    return this.L.divIcon({ html: body, className: "map-icon", iconSize: [46, 46] });
  }
}

/** All parks: their stars, and how many people are there. */
export class ParksLayer {
  /** @param {{L: object, map: object}} canvas */
  constructor({ L, map }) {
    this.L = L;
    this.map = map;
    this.shown = new Map();
    this.markers = new Map();
    this.cluster = clusterGroup(L, 34, (markers) => this.#clusterSign(markers)).addTo(map);
  }

  /** @param {object[]} parks channels of parks */
  show(parks) {
    const named = parks.map((park) => ({ username: park.slug, park, text: textOf(park) }));
    const { entered, changed } = differences(this.shown, named);
    this.cluster.addLayers(entered.map(({ park }) => this.#marker(park)));
    const different = changed.filter(({ username, text }) => this.shown.get(username).text !== text);
    for (const { park } of different) this.#change(park);
    if (different.length) this.cluster.refreshClusters(different.map(({ username }) => this.markers.get(username)));
    this.shown = new Map(named.map((entry) => [entry.username, entry]));
  }

  /** Go to a park and open what is known. */
  find(slug) {
    const marker = this.markers.get(slug);
    if (!marker) return;
    goTo(this, marker, 6);
  }

  #marker(park) {
    const point = mapPoint(park.park.latitude, park.park.longitude);
    const marker = this.L.marker(point, { icon: this.#icon(park), riseOnHover: true, people: peopleOf(park) });
    this.markers.set(park.slug, marker.bindPopup(parkPopup(park), POPUP));
    return marker;
  }

  #change(park) {
    const marker = this.markers.get(park.slug);
    marker.options.people = peopleOf(park);
    marker.setIcon(this.#icon(park));
    marker.setPopupContent(parkPopup(park));
  }

  #icon(park) {
    const { average } = park.stats.rating;
    const people = peopleOf(park);
    const inside = [sign(average === null ? "★ –" : `★ ${average.toFixed(1)}`), hidden(textOf(park))];
    if (people) inside.push(badge(people));
    const body = element("span", people ? "map-park map-park-lively" : "map-park", ...inside);
    body.dataset.slug = park.slug;
    return this.L.divIcon({ html: body, className: "map-icon", iconSize: [56, 30], popupAnchor: [0, -12] });
  }

  #clusterSign(markers) {
    const people = markers.reduce((sum, marker) => sum + marker.options.people, 0);
    const words = `${markers.length} parks${people ? `, ${people} people there now` : ""}: look closer`;
    const body = element("span", "map-cluster", sign(String(markers.length)), hidden(words), ...(people ? [badge(people)] : []));
    return this.L.divIcon({ html: body, className: "map-icon", iconSize: [46, 46] });
  }
}

function pointOf({ latitude, longitude }) {
  return mapPoint(latitude, longitude);
}

function peopleOf({ online }) {
  return online?.count ?? 0;
}

function badge(people) {
  const made = element("span", "map-badge", people > 99 ? "99+" : String(people));
  made.setAttribute("aria-hidden", "true");
  return made;
}

function factsOf(park) {
  const { average, count } = park.stats.rating;
  const people = peopleOf(park);
  return `${count ? `${average.toFixed(1)} stars from ${count}` : "No stars yet"}${people ? `, ${people} there now` : ""}`;
}

function textOf(park) {
  return `${park.name}: ${factsOf(park)}`;
}

function personPopup(location) {
  const { username, precision, updated_at: at, expires_at: end } = location;
  return popupOf(
    element("strong", "", `@${username}`),
    element("p", "", precision === "exact" ? placeInWords(location) : `Within about 5 km of ${placeInWords(location)}`),
    element("p", "muted", `${elapsed(at, Date.now())} · until ${timeOfDay(end)}`),
  );
}

function parkPopup(park) {
  const link = Object.assign(element("a", "", "Open its channel"), { href: `/channels/${park.slug}` });
  const map = Object.assign(element("a", "", "Map of the park"), { href: `/channels/${park.slug}?tab=map` });
  return popupOf(element("strong", "", park.name), element("p", "", factsOf(park)), element("p", "map-popup-links", link, map));
}
