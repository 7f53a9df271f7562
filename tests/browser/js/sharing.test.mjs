/** Sharing where one is: what the device tells, at what pace, and how it ends. */
import assert from "node:assert/strict";
import test from "node:test";
import { OFF, Sharing } from "../../../static/feed/sharing.js";

const PATH = "/api/channels/denali/location";

class Device {
  constructor() {
    this.watching = false;
  }

  getCurrentPosition(found, failed) {
    if (this.refuses) failed({ code: this.refuses });
    else found(position(1));
  }

  watchPosition(found, _, options) {
    this.watching = true;
    this.asked = options;
    this.move = (latitude) => found(position(latitude));
    return 7;
  }

  clearWatch() {
    this.watching = false;
    this.move = () => {};
  }
}

class Timers {
  constructor() {
    this.now = 0;
    this.planned = new Map();
    this.Date = { now: () => this.now };
  }

  setTimeout = (work, wait) => {
    const id = {};
    this.planned.set(id, { work, at: this.now + wait });
    return id;
  };

  clearTimeout = (id) => this.planned.delete(id);

  async pass(milliseconds) {
    const until = this.now + milliseconds;
    for (;;) {
      const [id, next] = [...this.planned].sort(([, a], [, b]) => a.at - b.at)[0] ?? [];
      if (!next || next.at > until) break;
      this.planned.delete(id);
      this.now = next.at;
      next.work();
      await settle();
    }
    this.now = until;
  }
}

const position = (latitude) => ({ coords: { latitude, longitude: -150, accuracy: 5, altitude: 9 } });
const settle = () => new Promise((done) => setImmediate(done));

function setUp() {
  const calls = [];
  const hub = { shared: false, problem: null };
  const call = async (method, path, { body } = {}) => {
    calls.push([method, path, body]);
    if (hub.problem) throw hub.problem;
    if (method !== "PUT" && !hub.shared) throw Object.assign(new Error("nothing"), { status: 404 });
    hub.shared = method !== "DELETE";
    return { data: { precision: body?.precision, updated_at: "2026-01-01T00:00:00Z", expires_at: "2026-01-01T00:15:00Z" } };
  };
  const timers = new Timers();
  const device = new Device();
  const sharing = new Sharing({ geolocation: device, call, onChange: () => {}, timers });
  const frames = [];
  return { calls, hub, timers, device, sharing, frames };
}

async function shared(extra = {}) {
  const all = setUp();
  await all.sharing.start("denali", { precision: "exact", seconds: 900, ...extra });
  return all;
}

test("the device is asked only when sharing starts, and nothing but the point is sent", async () => {
  const { calls, device, sharing } = setUp();
  assert.equal(device.watching, false);
  await sharing.start("denali", { precision: "area", seconds: 900 });
  assert.deepEqual(calls, [["PUT", PATH, { latitude: 1, longitude: -150, precision: "area", expires_in: 900 }]]);
  assert.equal(device.watching, true);
  assert.equal(sharing.state.until, "2026-01-01T00:15:00Z");
});

test("for an area the device need not look closely, and what is sent is rounded to about 100 m", async () => {
  const { device, sharing, timers, frames } = await shared({ precision: "area" });
  assert.equal(device.asked.enableHighAccuracy, false);
  assert.ok(device.asked.maximumAge >= 60_000);
  sharing.attach("denali", (frame) => frames.push(frame));
  device.move(1.0004);
  await timers.pass(60_000);
  assert.deepEqual(frames, []);
  device.move(1.23456789);
  await timers.pass(60_000);
  assert.deepEqual(frames, [{ type: "location.set", latitude: 1.235, longitude: -150, precision: "area" }]);
});

test("for an exact spot it looks closely", async () => {
  const { device } = await shared();
  assert.equal(device.asked.enableHighAccuracy, true);
});

test("a hundred positions in a second are one frame, the newest, and moving asks for no later end", async () => {
  const { device, sharing, timers, frames } = await shared();
  sharing.attach("denali", (frame) => frames.push(frame));
  for (let n = 0; n < 100; n++) device.move(2 + n);
  await timers.pass(1_000);
  assert.deepEqual(frames, [{ type: "location.set", latitude: 101, longitude: -150, precision: "exact" }]);
  device.move(101);
  await timers.pass(1_000);
  assert.equal(frames.length, 1);
});

test("without a socket it goes over REST, rarely, and only while the hub still has it", async () => {
  const { calls, device, hub, sharing, timers } = await shared();
  for (const latitude of [2, 3]) device.move(latitude);
  await timers.pass(15_000);
  assert.deepEqual(calls.slice(1), [["GET", PATH, undefined], ["PUT", PATH, { latitude: 3, longitude: -150, precision: "exact" }]]);
  hub.shared = false;
  device.move(4);
  await timers.pass(15_000);
  assert.equal(sharing.state, OFF);
  assert.equal(calls.filter(([method]) => method === "PUT").length, 2);
});

test("the last position arrives although the signal was away", async () => {
  const { calls, device, hub, timers } = await shared();
  hub.problem = Object.assign(new Error("away"), { status: 0 });
  device.move(5);
  await timers.pass(15_000);
  hub.problem = null;
  await timers.pass(15_000);
  assert.deepEqual(calls.at(-1), ["PUT", PATH, { latitude: 5, longitude: -150, precision: "exact" }]);
});

test("it ends by itself at the end that the hub told", async () => {
  const { device, sharing, timers } = await shared();
  await timers.pass(15 * 60_000 - 1);
  assert.equal(device.watching, true);
  await timers.pass(1);
  assert.equal(device.watching, false);
  assert.equal(sharing.state, OFF);
});

test("after stopping no position goes out, not even one that was waiting", async () => {
  const { calls, device, sharing, timers, frames } = await shared();
  sharing.attach("denali", (frame) => frames.push(frame));
  device.move(2);
  assert.equal(await sharing.stop(), true);
  await timers.pass(60_000);
  assert.deepEqual(calls.slice(1), [["DELETE", PATH, undefined]]);
  assert.deepEqual(frames, []);
  assert.equal(sharing.state, OFF);
});

test("stopping is tried until the hub has heard it", async () => {
  const { calls, device, hub, sharing, timers } = await shared();
  hub.problem = Object.assign(new Error("There is no connection to the hub."), { status: 0 });
  assert.equal(await sharing.stop(), false);
  assert.match(sharing.state.problem, /Not stopped yet/);
  assert.equal(device.watching, false);
  await timers.pass(5_000);
  hub.problem = null;
  sharing.online();
  await settle();
  assert.equal(sharing.state, OFF);
  assert.equal(hub.shared, false);
  const tries = calls.length;
  await timers.pass(60_000);
  assert.equal(calls.length, tries);
});

test("what the hub ended does not come back", async () => {
  const { calls, device, sharing, timers } = await shared();
  device.move(2);
  assert.equal(sharing.ended("zion"), false);
  assert.equal(sharing.ended("denali"), true);
  await timers.pass(60_000);
  assert.equal(calls.length, 1);
  assert.equal(device.watching, false);
});

test("sharing in another park ends it in the first", async () => {
  const { calls, sharing } = await shared();
  await sharing.start("zion", { precision: "area", seconds: 900 });
  assert.deepEqual(calls.slice(1).map(([method, path]) => [method, path]), [["DELETE", PATH], ["PUT", "/api/channels/zion/location"]]);
  assert.equal(sharing.state.slug, "zion");
});

test("a refusal says what to do, and nothing is sent", async () => {
  const { calls, device, sharing } = setUp();
  device.refuses = 1;
  await sharing.start("denali", { precision: "exact", seconds: 900 });
  assert.match(sharing.state.problem, /Allow it/);
  assert.equal(sharing.state.slug, null);
  assert.deepEqual(calls, []);
});
