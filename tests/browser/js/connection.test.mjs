/** One websocket: hello from where the state is, dead connections noticed, coming back as the hub asks. */
import assert from "node:assert/strict";
import test from "node:test";
import { backoff, afterClose, MOST_MS } from "../../../static/feed/backoff.js";
import { FeedConnection } from "../../../static/feed/connection.js";

class Timers {
  constructor() {
    this.now = 0;
    this.waiting = new Map();
    this.next = 1;
    this.Date = { now: () => this.now };
    this.setTimeout = (work, wait) => {
      this.waiting.set(this.next, { work, at: this.now + wait });
      return this.next++;
    };
    this.clearTimeout = (id) => this.waiting.delete(id);
  }

  async pass(milliseconds) {
    this.now += milliseconds;
    for (const [id, { work, at }] of [...this.waiting]) {
      if (at <= this.now && this.waiting.delete(id)) work();
    }
    await settled();
  }
}

class Socket {
  static all = [];

  constructor(url) {
    Object.assign(this, { url, readyState: 0, sent: [] });
    Socket.all.push(this);
  }

  opens() {
    this.readyState = 1;
    this.onopen();
  }

  hears(frame) {
    this.onmessage({ data: JSON.stringify(frame) });
  }

  ends(code) {
    this.readyState = 3;
    this.onclose({ code });
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.readyState = 3;
  }
}

const settled = () => new Promise((done) => setImmediate(done));
const WELCOME = { type: "welcome", heartbeat: 25, recovered: true };

async function connected(more = {}) {
  Socket.all = [];
  const timers = new Timers();
  const seen = { frames: [], statuses: [], rejected: 0 };
  const connection = new FeedConnection({
    url: "ws://hub/ws/channels/denali",
    position: () => ({ since: 41, epoch: "k3", mark: more.mark }),
    token: async () => more.token ?? null,
    onRejected: () => (seen.rejected += 1),
    onFrame: (frame) => seen.frames.push(frame),
    onStatus: (status) => seen.statuses.push(status),
    timers,
    Socket,
  });
  await connection.open();
  Socket.all[0].opens();
  Socket.all[0].hears(WELCOME);
  return { connection, timers, seen, socket: Socket.all[0] };
}

test("hello says where the state is, with the token of who is logged in", async () => {
  const guest = await connected();
  assert.deepEqual(guest.socket.sent, [{ type: "hello", since: 41, epoch: "k3" }]);
  const member = await connected({ token: "t" });
  assert.deepEqual(member.socket.sent, [{ type: "hello", token: "t", since: 41, epoch: "k3" }]);
  assert.equal(member.seen.statuses.at(-1).kind, "live");
});

test("hello says the mark of where the state is", async () => {
  const { socket } = await connected({ mark: "m41" });
  assert.deepEqual(socket.sent, [{ type: "hello", since: 41, epoch: "k3", mark: "m41" }]);
});

test("a worker from before the marks, which takes no hello with one, is greeted again without", async () => {
  const { timers, seen } = await connected({ mark: "m41" });
  Socket.all[0].ends(1006);
  await timers.pass(1_000);
  Socket.all[1].opens();
  Socket.all[1].ends(4400);
  assert.equal(seen.statuses.at(-1).kind, "waiting");
  await timers.pass(2_000);
  Socket.all[2].opens();
  assert.deepEqual(Socket.all[2].sent, [{ type: "hello", since: 41, epoch: "k3" }]);
  Socket.all[2].ends(4400);
  assert.equal(seen.statuses.at(-1).kind, "stopped");
});

test("a connection that is silent for longer than the heartbeat is replaced", async () => {
  const { timers, seen } = await connected();
  await timers.pass(34_000);
  assert.equal(Socket.all.length, 1);
  await timers.pass(2_000);
  assert.equal(seen.statuses.at(-1).kind, "waiting");
  await timers.pass(1_000);
  assert.equal(Socket.all.length, 2);
});

test("after a goodbye it comes back when the hub said", async () => {
  const { timers, socket } = await connected();
  socket.hears({ type: "goodbye", reason: "restart", reconnect_in: 3 });
  socket.ends(1012);
  await timers.pass(2_900);
  assert.equal(Socket.all.length, 1);
  await timers.pass(200);
  assert.equal(Socket.all.length, 2);
});

test("a refused token is exchanged for a fresh one before coming back", async () => {
  const { timers, seen, socket } = await connected();
  socket.ends(4401);
  assert.equal(seen.rejected, 1);
  await timers.pass(150);
  assert.equal(Socket.all.length, 2);
});

test("final codes end it", async () => {
  for (const code of [4400, 4403]) {
    const { timers, seen, socket } = await connected();
    socket.ends(code);
    await timers.pass(60_000);
    assert.equal(Socket.all.length, 1);
    assert.deepEqual(seen.statuses.at(-1), { kind: "stopped", code });
  }
});

test("a hidden tab does not come back before it is looked at", async () => {
  const { connection, timers, socket } = await connected();
  connection.pause();
  socket.ends(1006);
  await timers.pass(120_000);
  assert.equal(Socket.all.length, 1);
  connection.resume();
  await settled();
  assert.equal(Socket.all.length, 2);
});

test("writing is told at most once in three seconds", async () => {
  const { connection, timers, socket } = await connected();
  timers.now = 10_000;
  connection.typing();
  connection.typing();
  await timers.pass(3_100);
  connection.typing();
  assert.equal(socket.sent.filter(({ type }) => type === "typing").length, 2);
});

test("waits grow to twenty seconds and are spread", () => {
  assert.equal(backoff(0, () => 1), 500);
  assert.equal(backoff(3, () => 1), 4_000);
  assert.equal(backoff(50, () => 1), MOST_MS);
  assert.equal(backoff(50, () => 0), 100);
  assert.equal(afterClose(1006), "reconnect");
  assert.equal(afterClose(4508), "reconnect");
});
