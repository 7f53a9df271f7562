/** Live locations: who is shown, in which words, and what changed. */
import assert from "node:assert/strict";
import test from "node:test";
import * as locations from "../../../static/feed/locations.js";

const NOW = Date.parse("2026-01-01T12:00:00Z");
const at = (username, expires_at = "2026-01-01T13:00:00Z") => ({ username, expires_at });
const state = (...all) => new Map(all.map((location) => [location.username, location]));

test("without a connection the device's clock ends a location; with one the hub does", () => {
  const known = state(at("ben"), at("ada", "2026-01-01T11:59:59Z"));
  const names = (connected) => locations.shownLocations(known, { connected, now: NOW }).map(({ username }) => username);
  assert.deepEqual(names(false), ["ben"]);
  assert.deepEqual(names(true), ["ada", "ben"]);
  assert.equal(locations.nextEnd([at("ben"), at("ada", "2026-01-01T12:00:30Z")], NOW), 30_000);
  assert.equal(locations.nextEnd([], NOW), null);
});

test("an area is told less precisely than a spot", () => {
  const point = { latitude: 63.123456, longitude: -151.654321 };
  assert.equal(locations.placeInWords({ ...point, precision: "exact" }), "63.1235°\u00a0N, 151.6543°\u00a0W");
  assert.equal(locations.placeInWords({ ...point, precision: "area" }), "63.12°\u00a0N, 151.65°\u00a0W");
  assert.equal(locations.placeInWords({ latitude: -14.25, longitude: 1, precision: "area" }), "14.25°\u00a0S, 1.00°\u00a0E");
});

test("the Aleutians beyond the date line are drawn beside Alaska", () => {
  assert.deepEqual(locations.mapPoint(52, 173), [52, -187]);
  assert.deepEqual(locations.mapPoint(63, -151), [63, -151]);
});

test("only what changed is drawn again", () => {
  const [ada, ben, cid] = [at("ada"), at("ben"), at("cid")];
  const moved = { ...ben };
  const { entered, changed, left } = locations.differences(state(ada, ben), [moved, cid]);
  assert.deepEqual([entered, changed, left], [[cid], [moved], ["ada"]]);
});

test("parks with people come first, and what has no place is not on the map", () => {
  const park = (name, count, latitude = 40) => ({ name, online: { count }, park: { latitude } });
  const groups = [{ channels: [park("Zion", 0), park("Acadia", 0)] }, { channels: [park("Denali", 2), { name: "Gear", park: null }] }];
  assert.deepEqual(locations.parksOf(groups).map(({ name }) => name), ["Denali", "Acadia", "Zion"]);
});
