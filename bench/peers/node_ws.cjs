// Node `ws` as its README broadcasts: one loop over the clients, no compression.
// Usage: node node_ws.cjs PORT CONTROL_PORT; a line on the control port is an event.
const { createServer } = require('node:net');
const { createInterface } = require('node:readline');
const { WebSocketServer, WebSocket } = require('ws');

const [port, controlPort] = process.argv.slice(2).map(Number);
const server = new WebSocketServer({ host: '127.0.0.1', port, backlog: 4096, perMessageDeflate: false });

createServer((socket) => {
  socket.setNoDelay(true);
  createInterface({ input: socket }).on('line', (line) => {
    const data = Buffer.from(line);
    for (const client of server.clients) {
      if (client.readyState === WebSocket.OPEN) client.send(data, { binary: false });
    }
  });
}).listen(controlPort, '127.0.0.1');
