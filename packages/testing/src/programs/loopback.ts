import { createServer } from "node:net";

export const loopback = "127.0.0.1";

/** Below the range from which systems number outgoing connections, so that none takes a port while its server is down. */
const lowest = 15_000;
const highest = 31_999;

/** A port nobody listens on now. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest + 1));
    if (await canListen(port)) return port;
  }
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, loopback, () => server.close(() => resolve(true)));
  });
}
