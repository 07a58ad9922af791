import { createConnection, createServer } from "node:net";

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

/** Whether something that greets like a NATS server listens there; false also after half a second of silence. */
export function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: loopback, port, timeout: 500 });
    const settle = (answer: boolean) => {
      socket.removeAllListeners().on("error", () => {});
      socket.destroy();
      resolve(answer);
    };
    socket.once("data", (chunk) => settle(chunk.toString("latin1", 0, 5) === "INFO "));
    socket.once("timeout", () => settle(false));
    socket.once("error", () => settle(false));
    socket.once("close", () => settle(false));
  });
}
