import { createConnection } from "node:net";
import { loopback } from "../programs/loopback.ts";

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
