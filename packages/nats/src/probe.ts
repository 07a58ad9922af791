import { createConnection } from "node:net";
import type { ServerInfo } from "@nats-io/transport-node";
import type { ServerAddress } from "./server-address.ts";

/** Enough for the longest greeting of a large cluster. */
const longestGreeting = 64 * 1024;

/** What a broker says of itself before anything else. */
export type Greeting = Pick<ServerInfo, "tls_available" | "tls_required">;

/**
 * Resolves when a broker greets at this address (or, with `greets` false, accepts).
 *
 * nats.js leaves the socket of a dial that timed out before the greeting open, one for each attempt at a frozen broker, and gives no
 * way to stop a dial. So it is only let at a broker that has just shown itself alive.
 */
export function probe({ host, port }: ServerAddress, greets: boolean, signal: AbortSignal): Promise<Greeting> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const socket = createConnection({ host, port });
    let greeting = "";
    const settle = (error: unknown, info: Greeting = {}) => {
      signal.removeEventListener("abort", onAbort);
      // A reset after settling must not become an uncaught error.
      socket.removeAllListeners().on("error", () => {});
      socket.destroy();
      if (error === undefined) resolve(info);
      else reject(error);
    };
    const onAbort = () => settle(signal.reason);
    signal.addEventListener("abort", onAbort);
    socket.on("error", settle);
    socket.on("close", () => settle(new Error(`${host}:${port} closed the connection without a greeting`)));
    if (!greets) {
      socket.on("connect", () => settle(undefined));
      return;
    }
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => {
      greeting += chunk;
      if (!greeting.includes("\n") && greeting.length <= longestGreeting) return;
      try {
        settle(undefined, JSON.parse(/^INFO +(\{.*\})\s*\r\n/i.exec(greeting)?.[1] ?? ""));
      } catch {
        settle(new Error(`${host}:${port} does not greet as a NATS server does`));
      }
    });
  });
}
