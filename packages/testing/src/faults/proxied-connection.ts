import { createConnection, type Socket } from "node:net";
import type { Clock } from "@reeve/runtime";
import { OneWay } from "./one-way.ts";

export type ProxyDirection = "to-server" | "to-client";

/** One client and the connection made to the server for it. */
export class ProxiedConnection {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #toServer: OneWay;
  readonly #toClient: OneWay;
  #abandoned = false;

  constructor(client: Socket, host: string, port: number, clock: Clock, onEnd: () => void) {
    this.#client = client;
    this.#server = createConnection({ host, port, allowHalfOpen: true });
    this.#toServer = new OneWay(client, this.#server, clock);
    this.#toClient = new OneWay(this.#server, client, clock);
    for (const socket of [client, this.#server]) {
      socket.setNoDelay(true);
      socket.on("error", () => {});
    }
    client.once("close", (hadError) => {
      if (hadError) this.#server.resetAndDestroy();
      onEnd();
    });
    this.#server.once("close", (hadError) => {
      if (hadError && !this.#abandoned) client.resetAndDestroy();
    });
  }

  get abandoned(): boolean {
    return this.#abandoned;
  }

  apply(held: ReadonlySet<ProxyDirection>, delayMs: number): void {
    this.#toServer.held = held.has("to-server");
    this.#toClient.held = held.has("to-client");
    this.#toServer.delayMs = delayMs;
    this.#toClient.delayMs = delayMs;
  }

  /** The server's end is gone; the client's stays open, unread and unanswered. */
  abandon(): void {
    this.#abandoned = true;
    this.#toServer.swallow();
    this.#toClient.swallow();
    this.#server.resetAndDestroy();
  }

  reset(): void {
    this.#client.resetAndDestroy();
    this.#server.resetAndDestroy();
  }
}
