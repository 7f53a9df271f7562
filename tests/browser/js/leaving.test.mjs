/** A log-out is told to the hub, however late, and nobody is logged in again before that. */
import assert from "node:assert/strict";
import test from "node:test";
import { local } from "../../../static/api/kept.js";
import { Leaving } from "../../../static/api/leaving.js";

class Shelf {
  #kept = new Map();
  get = (key) => this.#kept.get(key) ?? null;
  set = (key, value) => void this.#kept.set(key, value);
  remove = (key) => void this.#kept.delete(key);
}

function world(statuses, storage = new Shelf()) {
  const sent = [];
  const planned = [];
  const timers = { setTimeout: (work, wait) => planned.push({ work, wait }), clearTimeout: () => planned.splice(0) };
  const send = async (path, body) => {
    sent.push({ path, body });
    const status = statuses.shift() ?? 204;
    if (status !== 204) throw Object.assign(new Error("no"), { status });
  };
  return { sent, planned, storage, leaving: new Leaving({ storage, send, timers, inTurn: (work) => work() }) };
}

test("a log-out that is heard is done", async () => {
  const { sent, leaving } = world([]);
  leaving.begin({ everywhere: false });
  assert.ok(leaving.pending);
  assert.equal(await leaving.tell(), true);
  assert.ok(!leaving.pending);
  assert.deepEqual(sent, [{ path: "/api/auth/logout", body: {} }]);
});

for (const status of [0, 429, 500, 503, 403]) {
  test(`a log-out that is answered with ${status} is told again, after a reload too`, async () => {
    const { leaving, planned, storage } = world([status, status]);
    leaving.begin({ everywhere: true });
    assert.equal(await leaving.tell(), false);
    assert.equal(planned.length, 1);
    await planned[0].work();
    assert.ok(leaving.pending);
    const later = world([], storage);
    assert.ok(later.leaving.pending);
    await later.leaving.tell();
    assert.deepEqual(later.sent, [{ path: "/api/auth/logout-all", body: {} }]);
    assert.ok(!leaving.pending && !later.leaving.pending);
  });
}

test("a session that is over already needs no log-out", async () => {
  const { leaving } = world([401]);
  leaving.begin({ everywhere: true });
  assert.equal(await leaving.tell(), true);
  assert.ok(!leaving.pending);
});

test("before a new log-in the old one must have ended", async () => {
  const { leaving, sent } = world([0]);
  await leaving.finish();
  assert.equal(sent.length, 0);
  leaving.begin({ everywhere: false, refreshToken: "token" });
  await assert.rejects(leaving.finish());
  assert.ok(leaving.pending);
  await leaving.finish();
  assert.deepEqual(sent[1], { path: "/api/auth/logout", body: { refresh_token: "token" } });
  assert.ok(!leaving.pending);
});

test("without storage it is known while the page is open", async () => {
  const { leaving } = world([0], local);
  leaving.begin({ everywhere: false });
  assert.equal(await leaving.tell(), false);
  assert.ok(leaving.pending);
  assert.equal(await leaving.tell(), true);
  assert.ok(!leaving.pending);
});
