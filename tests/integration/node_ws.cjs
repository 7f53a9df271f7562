/**
 * The `ws` of Node as a client of the hub's feed. Usage: node node_ws.cjs LIBRARY URL SCENARIO
 *
 * LIBRARY is a module that exports `ws` and `wsSender`. Prints what came back as JSON:
 * `{frames: [type, …], pongs: [text, …], code, reason}`; 1006 is a connection that was cut without a close frame.
 */
const [library, url, name] = process.argv.slice(2);
const { ws: WebSocket, wsSender: Sender } = require(library);

const HELLO = JSON.stringify({ type: "hello", since: 0 });
const MASKED = { mask: true, readOnly: false };
const seen = { frames: [], pongs: [] };
const socket = new WebSocket(url, { perMessageDeflate: false });
const awaited = [];

socket.on("message", (data) => {
  seen.frames.push(JSON.parse(data).type);
  for (const look of awaited) look();
});
socket.on("pong", (data) => {
  seen.pongs.push(data.toString());
  for (const look of awaited) look();
});
socket.on("close", (code, reason) => console.log(JSON.stringify({ ...seen, code, reason: reason.toString() })));
socket.on("error", (error) => console.error(String(error)));
socket.on("open", () => scenarios[name]());

/** Until `condition` holds. */
function until(condition) {
  return new Promise((resolve) => awaited.push(() => condition() && resolve())).then(() => undefined);
}

function raw(data, options) {
  const frame = Sender.frame(Buffer.from(data), { fin: true, rsv1: false, opcode: 1, ...MASKED, generateMask: undefined, ...options });
  for (const part of frame) socket._socket.write(part);
}

async function greeted() {
  const welcome = until(() => seen.frames.includes("welcome"));
  socket.send(HELLO);
  await welcome;
}

const scenarios = {
  async whole() {
    await greeted();
    socket.close(1000, "done");
  },

  async fragmented_with_pings_between() {
    const welcome = until(() => seen.frames.includes("welcome") && seen.pongs.length === 3);
    const letters = [...HELLO];
    letters.forEach((letter, n) => {
      if (n % 10 === 1 && n < 30) socket.ping(`ping ${n}`);
      socket.send(letter, { fin: n === letters.length - 1 });
    });
    await welcome;
    socket.close(3001, "as I like");
  },

  async close_before_hello() {
    socket.close(1001);
  },

  async close_in_the_middle_of_a_message() {
    socket.send('{"type": "he', { fin: false });
    socket.close(1000);
  },

  async cut_in_the_middle_of_a_frame() {
    await greeted();
    socket._socket.write(Buffer.from([0x81, 0xfe, 0x10]));
    socket.terminate();
  },

  async talk_after_close() {
    await greeted();
    const bye = Buffer.alloc(2);
    bye.writeUInt16BE(1000);
    raw(bye, { opcode: 8 });
    raw('{"type": "typing"}');
  },

  async too_big() {
    await greeted();
    socket.send("x".repeat(16 * 1024 + 1));
  },

  async too_big_in_fragments() {
    await greeted();
    for (let n = 0; n < 20; n++) socket.send("x".repeat(1024), { fin: false });
  },

  async not_utf8() {
    await greeted();
    socket.send(Buffer.from([0x22, 0xc3, 0x28, 0x22]), { binary: false });
  },

  async binary() {
    await greeted();
    socket.send(Buffer.from([1, 2, 3]));
  },

  async reserved_bit() {
    await greeted();
    raw('{"type": "typing"}', { rsv1: true });
  },

  async reserved_opcode() {
    await greeted();
    raw("?", { opcode: 3 });
  },

  async not_masked() {
    await greeted();
    raw('{"type": "typing"}', { mask: false });
  },

  async long_ping() {
    await greeted();
    raw("x".repeat(126), { opcode: 9 });
  },

  async fragmented_ping() {
    await greeted();
    raw("ping", { opcode: 9, fin: false });
  },
};
