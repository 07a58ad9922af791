import { randomUUID } from "node:crypto";
import { connect, type Socket } from "node:net";
import pg from "pg";
import { Batch, type Prepared, type Said, type Statement, type StatementResult } from "./batch.ts";
import type { TransactionRecord } from "./commit-record.ts";
import type { ServerSettings } from "./options.ts";
import { StatementNames } from "./statement-names.ts";

/** `CancelRequest`: its length, its code, and the process and secret of the session that it is for. */
const cancelCode = 80877102;

const endTimeoutMs = 1_000;

interface ParameterStatus {
  readonly parameterName: string;
  readonly parameterValue: string;
}

interface Client extends pg.Client {
  readonly processID: number;
  readonly secretKey: number;
}

/** One session with the server. What it is asked for together goes in one message, in order. */
export class Connection {
  readonly #id = randomUUID();
  #transactions = 0;
  readonly #client: Client;
  readonly #server: ServerSettings;
  readonly #prepared: Prepared = new Map();
  readonly #names = new StatementNames();
  readonly #lost = Promise.withResolvers<unknown>();
  #active: Batch | undefined;
  #asked = 0;
  #inTransaction = false;
  #last: Promise<void> = Promise.resolve();
  #loss: unknown;
  #serverVersion = "";

  private constructor(client: Client, server: ServerSettings) {
    this.#client = client;
    this.#server = server;
    client.connection.on("parseComplete", () => this.#active?.handleParseComplete());
    client.connection.on("readyForQuery", ({ status }: { readonly status: string }) => {
      this.#inTransaction = status !== "I";
      this.#active?.ready();
      this.#active = undefined;
    });
    client.connection.on("parameterStatus", ({ parameterName, parameterValue }: ParameterStatus) => {
      if (parameterName === "server_version") this.#serverVersion = parameterValue;
    });
    const ended = (error: unknown) => this.#lose(this.#active?.lose(error) ?? error);
    client.on("error", ended);
    client.on("end", () => ended(new Error("the server ended the connection")));
  }

  /** @throws what the network or the server says */
  static async open(server: ServerSettings, password: string | undefined, timeoutMs: number): Promise<Connection> {
    const { host, port, database, user, ssl, applicationName } = server;
    const client = new pg.Client({
      ...{ host, port, database, user, application_name: applicationName, keepAlive: true },
      ...{ password, ssl: ssl ?? false, connectionTimeoutMillis: timeoutMs },
      // Otherwise what PGOPTIONS, PGREPLICATION and PGSSLNEGOTIATION say.
      ...{ options: " ", replication: "false", sslnegotiation: "postgres" as const },
    }) as Client;
    const connection = new Connection(client, server);
    try {
      await client.connect();
    } catch (error) {
      client.connection.stream.destroy();
      throw error;
    }
    return connection;
  }

  /** Resolves with why, when the session is over. */
  get lost(): Promise<unknown> {
    return this.#lost.promise;
  }

  get isLost(): boolean {
    return this.#loss !== undefined;
  }

  /** Why it is lost. */
  get loss(): unknown {
    return this.#loss;
  }

  /** As the server tells it with the first that it says: `15.3`, `9.6.24`. */
  get serverVersion(): string {
    return this.#serverVersion;
  }

  /** Of the server's process that it is with. */
  get processId(): number {
    return this.#client.processID;
  }

  /** By what a transaction of it can be asked for. */
  nextRecord(): TransactionRecord {
    this.#transactions += 1;
    return { session: this.#id, serial: this.#transactions, processId: this.processId };
  }

  /** Whether the server has not yet answered all that it was asked. */
  get busy(): boolean {
    return this.#asked > 0;
  }

  /** Whether a transaction is open in it, also one that has failed, by what the server said last. */
  get inTransaction(): boolean {
    return this.#inTransaction;
  }

  /** @throws what the server says of the first statement that fails: those after it are not run */
  async run(statements: readonly Statement[]): Promise<readonly StatementResult[]> {
    const { results, failure } = await this.say(statements);
    if (failure !== undefined) throw failure;
    return results;
  }

  /** As `run`, for one that wants to know also what came of the statements before the one that failed. */
  async say(statements: readonly Statement[]): Promise<Said> {
    this.#asked += 1;
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    try {
      if (this.#asked > 1) await before;
      if (this.isLost) return { results: [], failure: this.#loss };
      return await this.#say(statements);
    } finally {
      this.#asked -= 1;
      resolve();
    }
  }

  #say(statements: readonly Statement[]): Promise<Said> {
    const forget: string[] = [];
    const named = statements.map(({ text, values }) => ({ text, values, name: this.#names.of(text, forget) }));
    for (const name of forget) this.#prepared.delete(name);
    const batch = new Batch(named, this.#prepared, forget);
    this.#active = batch;
    this.#client.query(batch as unknown as pg.Submittable);
    return batch.done;
  }

  /** Ends the session at once, and what runs in it: the server is told by another connection, for it may not be listening here. */
  destroy(reason: unknown): void {
    if (this.busy) this.#cancel();
    this.#lose(reason);
    this.#client.connection.stream.destroy();
  }

  /** Ends the session in order; at once where the server does not answer. */
  async end(): Promise<void> {
    this.#lose(new Error("the connection is closed"));
    const silent = setTimeout(() => this.#client.connection.stream.destroy(), endTimeoutMs);
    await this.#client.end().catch(() => {});
    clearTimeout(silent);
  }

  #lose(reason: unknown): void {
    this.#loss ??= reason;
    this.#lost.resolve(this.#loss);
  }

  #cancel(): void {
    const { processID, secretKey } = this.#client;
    const request = Buffer.alloc(16);
    request.writeInt32BE(request.length, 0);
    request.writeInt32BE(cancelCode, 4);
    request.writeInt32BE(processID, 8);
    request.writeInt32BE(secretKey, 12);
    const { host, port } = this.#server;
    // The same server that the session is with, where a name means several.
    const { remoteAddress = host } = this.#client.connection.stream as Socket;
    const socket = connect(host.startsWith("/") ? { path: `${host}/.s.PGSQL.${port}` } : { host: remoteAddress, port });
    socket.setTimeout(1_000, () => socket.destroy());
    // One that is not heard is bounded by the server's own time-outs.
    socket.on("error", () => {}).unref();
    socket.end(request);
  }
}
