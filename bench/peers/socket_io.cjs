// Socket.IO with its Redis adapter, websocket transport only, no compression.
// Usage: node socket_io.cjs PORT CONTROL_PORT REDIS_URL; a line on the control port is an event.
const { createServer: createHttpServer } = require('node:http');
const { createServer } = require('node:net');
const { createInterface } = require('node:readline');
const { createAdapter } = require('@socket.io/redis-adapter');
const { createClient } = require('redis');
const { Server } = require('socket.io');

async function main() {
  const [port, controlPort] = process.argv.slice(2, 4).map(Number);
  const publisher = createClient({ url: process.argv[4] });
  const subscriber = publisher.duplicate();
  await Promise.all([publisher.connect(), subscriber.connect()]);
  const http = createHttpServer();
  const io = new Server(http, {
    adapter: createAdapter(publisher, subscriber),
    transports: ['websocket'],
    perMessageDeflate: false,
    pingInterval: 600000,
    serveClient: false,
  });
  http.listen({ host: '127.0.0.1', port, backlog: 4096 });
  createServer((socket) => {
    socket.setNoDelay(true);
    createInterface({ input: socket }).on('line', (line) => io.emit('event', line));
  }).listen(controlPort, '127.0.0.1');
}

main();
