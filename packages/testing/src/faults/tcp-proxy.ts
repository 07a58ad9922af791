import { createServer, type Server } from "node:net";
import type { Clock } from "@reeve/runtime";
import { systemClock } from "@reeve/runtime/transport";
import { ProxiedConnection, type ProxyDirection } from "./proxied-connection.ts";

export type { ProxyDirection } from "./proxied-connection.ts";

export interface TcpProxyOptions {
  readonly host?: string;
  /** Times the delays. Default the system's. */
  readonly clock?: Clock;
}

/** Stands between clients and one server on loopback, and breaks their connections as told; each fault lasts until {@link heal}. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
  /** How many clients are connected, half-open ones included. */
  readonly connections: number;
  /** Nothing gets through, nothing is closed. As TCP has it, what was under way comes after {@link heal}. */
  blackhole(): void;
  /** The same in one direction. */
  drop(direction: ProxyDirection): void;
  /** Every chunk comes this much later, in order. */
  delay(ms: number): void;
  /** The server's ends are gone, the clients are not told: what they send is swallowed. New connections work. {@link heal} resets the old. */
  halfOpen(): void;
  /** Every connection there is ends in a TCP reset, at both ends. */
  reset(): void;
  /** Resets all, and refuses new ones. */
  cut(): Promise<void>;
  heal(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts a proxy on a free loopback port to a server's port.
 *
 * @example
 * ```ts
 * const proxy = await tcpProxy(server.port);
 * const transport = nats({ servers: `127.0.0.1:${proxy.port}` });
 * ```
 */
export async function tcpProxy(
  targetPort: number,
  { host = "127.0.0.1", clock = systemClock }: TcpProxyOptions = {},
): Promise<TcpProxy> {
  const proxy = new LoopbackProxy(host, targetPort, clock);
  await proxy.listen(0);
  return proxy;
}

class LoopbackProxy implements TcpProxy {
  readonly #host: string;
  readonly #targetPort: number;
  readonly #clock: Clock;
  readonly #connections = new Set<ProxiedConnection>();
  readonly #held = new Set<ProxyDirection>();
  #server: Server | undefined;
  #delayMs = 0;
  port = 0;

  constructor(host: string, targetPort: number, clock: Clock) {
    this.#host = host;
    this.#targetPort = targetPort;
    this.#clock = clock;
  }

  get connections(): number {
    return this.#connections.size;
  }

  async listen(port: number): Promise<void> {
    const server = createServer({ allowHalfOpen: true }, (client) => {
      const connection = new ProxiedConnection(client, this.#host, this.#targetPort, this.#clock, () =>
        this.#connections.delete(connection),
      );
      this.#connections.add(connection);
      this.#apply(connection);
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", resolve);
    });
    this.#server = server;
    const address = server.address();
    if (address && typeof address === "object") this.port = address.port;
  }

  blackhole(): void {
    this.drop("to-server");
    this.drop("to-client");
  }

  drop(direction: ProxyDirection): void {
    this.#held.add(direction);
    this.#applyAll();
  }

  delay(ms: number): void {
    this.#delayMs = ms;
    this.#applyAll();
  }

  halfOpen(): void {
    for (const connection of this.#connections) connection.abandon();
  }

  reset(): void {
    for (const connection of [...this.#connections]) connection.reset();
  }

  async cut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = server && new Promise((resolve) => server.close(resolve));
    this.reset();
    await closed;
  }

  async heal(): Promise<void> {
    this.#held.clear();
    this.#delayMs = 0;
    this.#applyAll();
    for (const connection of [...this.#connections]) if (connection.abandoned) connection.reset();
    if (!this.#server) await this.listen(this.port);
  }

  async close(): Promise<void> {
    await this.cut();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #applyAll(): void {
    for (const connection of this.#connections) this.#apply(connection);
  }

  #apply(connection: ProxiedConnection): void {
    connection.apply(this.#held, this.#delayMs);
  }
}
