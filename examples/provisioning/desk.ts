import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OwnProcess } from "@reeve/example-telling";
import { nats } from "@reeve/nats";
import { type Connection, connect } from "@reeve/runtime";
import { natsServer } from "@reeve/testing";
import { type Server, servers } from "./contract.ts";

class HostProcess extends OwnProcess {
  async ready(): Promise<this> {
    const { value } = await this.lines.next();
    if (value !== "ready") throw new Error(`process ${this.pid} did not start: it said ${value}`);
    return this;
  }
}

/** Where servers are ordered and approved: it calls, and ends and starts the host. */
export class Desk {
  readonly directory: string;
  readonly #broker: Awaited<ReturnType<typeof natsServer>>;
  readonly #connection: Connection;
  #host: HostProcess | undefined;

  private constructor(broker: Awaited<ReturnType<typeof natsServer>>, connection: Connection, directory: string) {
    this.#broker = broker;
    this.#connection = connection;
    this.directory = directory;
  }

  static async open(): Promise<Desk> {
    const broker = await natsServer();
    const connection = await connect({ transport: nats({ servers: broker.url, caller: "desk" }) });
    return new Desk(broker, connection, mkdtempSync(join(tmpdir(), "reeve-provisioning-")));
  }

  /** What a person of this name may call. */
  as(user: string) {
    return this.#connection.as({ user, roles: [] }).ref(servers);
  }

  async state(id: string): Promise<Server["state"]> {
    return (await this.as("clerk").get({ id })).state;
  }

  async start(): Promise<number> {
    const settings = JSON.stringify({ broker: this.#broker.url, directory: this.directory });
    this.#host = await new HostProcess(new URL("./host.ts", import.meta.url), [settings]).ready();
    return this.#host.pid;
  }

  async end(signal: "SIGKILL" | "SIGTERM"): Promise<number | null> {
    return this.#host!.end(signal);
  }

  async close(): Promise<void> {
    await this.#host?.end("SIGTERM");
    await this.#connection.close();
    await this.#broker.close();
  }

  /** Whatever is left, at once. */
  remove(): void {
    this.#host?.abandon();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
