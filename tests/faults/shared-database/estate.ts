import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Ref } from "@reeve/contract";
import { scheduler } from "@reeve/managers/scheduler";
import { type Volumes, volumes } from "@reeve/managers/volume";
import { nats } from "@reeve/nats";
import { type Connection, connect } from "@reeve/runtime";
import {
  type NatsServer,
  natsServer,
  type PostgresServer,
  type PostgresServerOptions,
  postgresServer,
  silentLogger,
} from "@reeve/testing";
import { Account } from "./account.ts";
import { type Evidence, filesIn, judge, unsettled, type Verdict } from "./audit.ts";
import { Host } from "./host.ts";
import { hostProgram } from "./host-program.ts";
import type { HostSettings } from "./host-settings.ts";
import { seen, witnessed } from "./witness.ts";

export interface EstateOptions {
  /** Default: one of its own, which is closed at the end. */
  readonly server?: PostgresServer;
  readonly postgres?: PostgresServerOptions;
  /** Where hosts find the database. Default: directly. */
  readonly via?: (url: string) => Promise<string> | string;
}

/** The shared directory of a cluster, by the address that its members share. */
export const clusterName = "rack";
export const clusterBackend = `${clusterName}@nas`;

const pollMs = 50;

/** A broker, a database, hosts as processes of their own, and a caller who writes down what it was told. */
export class Estate implements AsyncDisposable {
  readonly directory: string;
  readonly broker: NatsServer;
  readonly server: PostgresServer;
  /** Of the database, as somebody outside reaches it. */
  readonly url: string;
  readonly account = new Account();
  readonly volume: Ref<Volumes>;
  readonly connection: Connection;
  readonly #program: string;
  readonly #hostUrl: string;
  readonly #hosts = new Map<string, Host>();
  readonly #closing: AsyncDisposableStack;
  #witnessed = false;

  private constructor(given: {
    readonly program: string;
    readonly directory: string;
    readonly broker: NatsServer;
    readonly server: PostgresServer;
    readonly url: string;
    readonly hostUrl: string;
    readonly connection: Connection;
    readonly closing: AsyncDisposableStack;
  }) {
    this.#program = given.program;
    this.directory = given.directory;
    this.broker = given.broker;
    this.server = given.server;
    this.url = given.url;
    this.connection = given.connection;
    this.volume = given.connection.ref(volumes);
    this.#hostUrl = given.hostUrl;
    this.#closing = given.closing;
  }

  static async open({ server: given, postgres, via = (url) => url }: EstateOptions = {}): Promise<Estate> {
    await using closing = new AsyncDisposableStack();
    const directory = closing.adopt(mkdtempSync(join(tmpdir(), "reeve-estate-")), (path) =>
      rmSync(path, { recursive: true, force: true }),
    );
    const program = await hostProgram();
    const broker = closing.use(await natsServer());
    const server = given ?? closing.use(await postgresServer(postgres));
    const url = await server.createDatabase();
    const transport = nats({ servers: broker.url, caller: "cli" });
    const connection = closing.use(await connect({ transport, log: silentLogger }));
    const hostUrl = await via(url);
    return new Estate({ program, directory, broker, server, url, hostUrl, connection, closing: closing.move() });
  }

  host(name: string): Host {
    return this.#hosts.get(name)!;
  }

  get hosts(): readonly Host[] {
    return [...this.#hosts.values()];
  }

  /** Starts a host, or starts it again. */
  async start(settings: Omit<HostSettings, "servers" | "database" | "directory">): Promise<Host> {
    const host = this.launch(settings);
    await host.ready();
    await this.witness();
    return host;
  }

  /** Has the database write down who does what, once the tables are there. */
  async witness(): Promise<void> {
    if (this.#witnessed) return;
    this.#witnessed = true;
    await witnessed(this.server, this.url);
  }

  launch(settings: Omit<HostSettings, "servers" | "database" | "directory">): Host {
    const { directory, broker } = this;
    const host = Host.launch({ servers: broker.url, database: this.#hostUrl, directory, ...settings }, this.#program);
    this.#hosts.set(settings.host, host);
    this.#closing.use(host);
    return host;
  }

  /** Resolves when a scheduler may place volumes on these. */
  async placeable(...addresses: readonly string[]): Promise<void> {
    const schedulers = this.connection.ref(scheduler);
    await until(`${addresses.join(", ")} to be placeable`, async () => {
      const { items } = await schedulers.hosts({ filter: { manager: "volume", eligible: true } }, { timeout: "5s" });
      const known = new Set(items.map(({ address }) => address));
      return addresses.every((address) => known.has(address));
    });
  }

  query(text: string, values: readonly unknown[] = []) {
    return this.server.query(text, values, this.url);
  }

  /** Resolves when nothing is on its way any more, or after that long: what was begun and never run is recovered after a minute. */
  async settled(withinMs = 120_000): Promise<void> {
    const giveUpAt = performance.now() + withinMs;
    while (performance.now() < giveUpAt) {
      const left = await this.#rows().then(unsettled, () => ["the database does not answer"]);
      if (left.length === 0) return;
      await pause();
    }
  }

  /** What is there now. */
  async evidence(): Promise<Evidence> {
    const images = new Map([[clusterBackend, filesIn(join(this.directory, "nas"))]]);
    for (const { name } of this.hosts) images.set(`${name}@ssd`, filesIn(join(this.directory, `${name}-ssd`)));
    const [rows, witness] = await Promise.all([this.#rows(), seen(this.server, this.url)]);
    return { ...rows, seen: witness, images, exports: filesIn(join(this.directory, "exports")) };
  }

  /** Compares, once everything has come to an end, or should have. */
  async verdict(withinMs?: number): Promise<Verdict> {
    await this.settled(withinMs);
    return judge(this.account, await this.evidence());
  }

  /** Keys of creations of which the database does not say how they ended: whoever asks again is told. */
  async openKeys(): Promise<readonly string[]> {
    const rows = await this.query(`select key from "reeve_callKeys" where state = 'running' and operation = 'create'`);
    return rows.map(({ key }) => String(key));
  }

  async #rows() {
    const [all] = await this.query(`
      select (select coalesce(json_agg(v), '[]') from volume_volumes v) as volumes,
        (select coalesce(json_agg(s), '[]') from volume_snapshots s) as snapshots,
        (select coalesce(json_agg(w), '[]') from reeve_work w) as jobs,
        (select coalesce(json_agg(l), '[]') from volume_leftovers l) as leftovers,
        (select coalesce(json_agg(o), '[]') from reeve_outbox o where state <> 'done') as casts`);
    return all as unknown as Omit<Evidence, "images" | "exports" | "seen">;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.resume();
    await this.#closing.disposeAsync();
  }
}

/** Waits for a condition; a rejection counts as no. @throws Error naming it when that takes too long */
export async function until(
  what: string,
  holds: () => Promise<unknown> | unknown,
  withinMs = 60_000,
  everyMs = pollMs,
): Promise<void> {
  const giveUpAt = performance.now() + withinMs;
  let last: unknown;
  for (;;) {
    try {
      if (await holds()) return;
    } catch (error) {
      last = error;
    }
    if (performance.now() > giveUpAt) throw new Error(`waited ${withinMs} ms for ${what}`, { cause: last });
    await pause(everyMs);
  }
}

function pause(ms = pollMs): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
