import { AuthorizationError, type NatsConnection, UserAuthenticationExpiredError } from "@nats-io/transport-node";
import type { Alarms, Clock, Random, Timer } from "@reeve/runtime/transport";
import { dial } from "./dial.ts";
import type { NatsSettings } from "./options.ts";
import type { ServerAddress } from "./server-address.ts";
import { ServerPool } from "./server-pool.ts";

/** Attempts that fail alike are told of again only after this. */
const alarmEveryMs = 10_000;

/** What is done with a fresh connection; resolves when it is lost. */
type Serve = (connection: NatsConnection, pool: ServerPool) => Promise<void>;

/** Has one connection at a time, for ever: when one is lost, the next is made. */
export class LinkKeeper {
  readonly #settings: NatsSettings;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #alarms: Alarms;
  readonly #pool: ServerPool;
  readonly #stopping = new AbortController();
  readonly #toldAt = new Map<string, number>();
  #problem: string | undefined;
  readonly #attempted = Promise.withResolvers<void>();
  #running: Promise<void> | undefined;

  constructor(settings: NatsSettings, clock: Clock, random: Random, alarms: Alarms) {
    this.#settings = settings;
    this.#clock = clock;
    this.#random = random;
    this.#alarms = alarms;
    this.#pool = new ServerPool(settings.servers, random);
  }

  /** Begins at the first call; later ones do nothing. */
  start(serve: Serve): void {
    this.#running ??= this.#keep(serve);
  }

  /** Why the last attempt failed; undefined when it did not. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Resolves when a connection was made, or every server was tried once in vain, or with the end. */
  get attempted(): Promise<void> {
    return this.#attempted.promise;
  }

  /** Ends the attempts; a connection being served is its server's to close. Resolves when nothing is left running. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error("the transport was closed"));
    this.#attempted.resolve();
    await this.#running;
  }

  async #keep(serve: Serve): Promise<void> {
    for (let round = 0; !this.#stopping.signal.aborted; round++) {
      // Also after a link that was made and lost at once: a broker that turns clients away must not be stormed.
      if (round > 0) await this.#pause();
      for (const address of this.#pool.round()) {
        const connection = await this.#attempt(address);
        if (this.#stopping.signal.aborted) {
          await connection?.close();
          return;
        }
        if (!connection) continue;
        this.#toldAt.clear();
        this.#problem = undefined;
        const served = serve(connection, this.#pool);
        this.#attempted.resolve();
        await served;
        this.#pool.left(address);
        break;
      }
      this.#attempted.resolve();
    }
  }

  async #attempt(address: ServerAddress): Promise<NatsConnection | undefined> {
    try {
      return await dial(address, this.#settings, this.#clock, this.#stopping.signal);
    } catch (cause) {
      if (!this.#stopping.signal.aborted) this.#tell(address, cause);
      return undefined;
    }
  }

  #tell({ listen }: ServerAddress, cause: unknown): void {
    const refused = cause instanceof AuthorizationError || cause instanceof UserAuthenticationExpiredError;
    const kind = refused ? "broker.refused" : "broker.unreachable";
    const why = cause instanceof Error ? cause.message : String(cause);
    this.#problem = refused
      ? `The broker at ${listen} refuses these credentials (${why}); correct them here or there, the attempts go on`
      : `No broker can be reached at ${listen} (${why}); the attempts go on`;
    const now = this.#clock.now();
    const last = this.#toldAt.get(`${kind} ${listen}`);
    if (last !== undefined && now - last < alarmEveryMs) return;
    this.#toldAt.set(`${kind} ${listen}`, now);
    this.#alarms.raise(kind, this.#problem, { cause });
  }

  #pause(): Promise<void> {
    const { reconnectWaitMs, reconnectJitterMs } = this.#settings;
    const { signal } = this.#stopping;
    return new Promise((resolve) => {
      let timer: Timer;
      const end = () => {
        this.#clock.clearTimeout(timer);
        signal.removeEventListener("abort", end);
        resolve();
      };
      timer = this.#clock.setTimeout(end, reconnectWaitMs + this.#random() * reconnectJitterMs);
      signal.addEventListener("abort", end);
      if (signal.aborted) end();
    });
  }
}
