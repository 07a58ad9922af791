import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Ref } from "@reeve/contract";
import { type NatsOptions, nats } from "@reeve/nats";
import { type Connection, connect, type ManagerLimits } from "@reeve/runtime";
import type { Transport } from "@reeve/runtime/transport";
import { type NatsServer, natsServer, silentLogger } from "@reeve/testing";
import { Ledger } from "./ledger.ts";
import { Server } from "./server.ts";
import { works } from "./work.ts";

export interface ServeOptions {
  readonly host?: string;
  readonly link?: NatsOptions;
  readonly limits?: ManagerLimits;
}

export interface CallerOptions {
  readonly name?: string;
  readonly link?: NatsOptions;
  readonly wrap?: (inner: Transport) => Transport;
}

/** A process that calls the work. */
export interface WorkCaller {
  readonly work: Ref<typeof works>;
  readonly connection: Connection;
  readonly transport: Transport;
}

/** A broker, processes that serve the work and callers of it, and a ledger of what ran; ended in reverse. */
export class Scene implements AsyncDisposable {
  readonly broker: NatsServer;
  readonly ledger: Ledger;
  readonly #directory = mkdtempSync(join(tmpdir(), "reeve-faults-"));
  readonly #closing = new AsyncDisposableStack();

  private constructor(broker: NatsServer) {
    this.broker = broker;
    this.#closing.use(broker);
    this.ledger = new Ledger(join(this.#directory, "ledger"));
    this.ledger.clear();
  }

  static async open(): Promise<Scene> {
    return new Scene(await natsServer());
  }

  /** One that may not be ready yet. */
  launch({ host = "worker-01", link, limits }: ServeOptions = {}): Server {
    const settings = { host, link: { servers: this.broker.url, ...link }, ledger: this.ledger.path };
    return this.#closing.use(new Server({ ...settings, ...(limits ? { limits } : {}) }));
  }

  async serve(options?: ServeOptions): Promise<Server> {
    const server = this.launch(options);
    await server.said("ready");
    return server;
  }

  async caller({ name = "cli", link, wrap = (inner) => inner }: CallerOptions = {}): Promise<WorkCaller> {
    const transport = wrap(nats({ servers: this.broker.url, caller: name, ...link }));
    const connection = this.#closing.use(await connect({ transport, log: silentLogger }));
    return { connection, transport, work: connection.ref(works) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A server that is stopped says goodbye to somebody.
    if (!this.broker.running) await this.broker.restart();
    this.broker.resume();
    await this.#closing.disposeAsync();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
