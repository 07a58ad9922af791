import { createConnection } from "node:net";
import { loopback } from "../programs/loopback.ts";

const silenceMs = 2_000;

/** Whether something that greets like a NATS server listens there; false also after two seconds of silence. */
export async function greets(port: number): Promise<boolean> {
  return (await greetingOf(port)) === "greets";
}

/** What a client meets there: a server that greets it, two seconds of silence, or nobody. */
export function greetingOf(port: number): Promise<"greets" | "silent" | "nobody"> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: loopback, port, timeout: silenceMs });
    const settle = (answer: "greets" | "silent" | "nobody") => {
      socket.removeAllListeners().on("error", () => {});
      socket.destroy();
      resolve(answer);
    };
    socket.once("data", (chunk) => settle(chunk.toString("latin1", 0, 5) === "INFO " ? "greets" : "nobody"));
    socket.once("timeout", () => settle("silent"));
    socket.once("error", () => settle("nobody"));
    socket.once("close", () => settle("nobody"));
  });
}
