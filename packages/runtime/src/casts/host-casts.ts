import { type ReeveError, reeveError } from "@reeve/contract";
import type { Clock } from "../base/clock.ts";
import type { Ids } from "../base/ids.ts";
import type { Random } from "../base/random.ts";
import type { Registration, Registry } from "../registry/index.ts";
import type { CastKeeper } from "../rpc/caller/cast-keeper.ts";
import type { Client } from "../rpc/caller/client.ts";
import { Travelling } from "../rpc/wire/travelling.ts";
import { type Database, type OpenStore, sessionOf, type TransactionHook } from "../store/index.ts";
import type { Logger } from "../telemetry/index.ts";
import { castStore } from "./cast-store.ts";
import { OperatedCasts } from "./operated-casts.ts";
import { hostHolder, Outbox } from "./outbox.ts";

export interface HostCastsOptions {
  readonly database: Database;
  readonly registry: Registry;
  readonly host: string;
  readonly client: Client;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: Random;
  readonly log: Logger;
}

/** What an incarnation brings that casts. */
export interface CastingIncarnation {
  readonly registration: Registration;
  readonly log: Logger;
  /** While it says so, nothing is sent. */
  readonly paused: () => boolean;
  /** A newer incarnation has its casts. */
  onFenced(error: ReeveError): void;
}

/** Where an incarnation casts. */
export interface IncarnationCasts {
  readonly outbox: Outbox;
  /** Belongs to the hooks of its store. */
  readonly hook: TransactionHook;
  /** For casts in transactions of its store. */
  keeper(opened: OpenStore<any>): CastKeeper;
}

/** No contract has this name: its epochs are those of what a host itself casts. */
const hostFence = "host.casts";
const bounded = { timeoutMs: 10_000 };

/**
 * The durable casts that are made on one host: an outbox for each incarnation with a store, and one for everything else that casts
 * here, which is `supervisor.ref` and managers without a store.
 */
export class HostCasts {
  /** For what the host casts itself. */
  readonly keeper: CastKeeper;
  /** What operators see and do of them. */
  readonly operated: OperatedCasts;
  readonly #options: HostCastsOptions;
  readonly #own: Outbox;
  readonly #ownFence: TransactionHook;
  readonly #outboxes = new Set<Outbox>();
  readonly #travelling = new Travelling();
  #closed = false;

  private constructor(options: HostCastsOptions, { fence }: Registration) {
    const { host, log } = options;
    this.#options = options;
    this.#ownFence = fence;
    this.#own = new Outbox({
      ...options,
      travelling: this.#travelling,
      fence,
      holder: { manager: hostHolder, address: host },
      onFenced: (error) => log.error({ err: error }, "another process of this host's name delivers what the host cast"),
    });
    this.keeper = this.#keeperUnder([fence]);
    const onChanged = () => {
      for (const outbox of this.#outboxes) outbox.reload();
    };
    this.operated = new OperatedCasts({ database: options.database, host, fence, onChanged });
    this.#outboxes.add(this.#own);
  }

  static async open(options: HostCastsOptions): Promise<HostCasts> {
    const { database, registry, host } = options;
    await database.migrate(castStore);
    return new HostCasts(options, await registry.register({ manager: hostFence, address: host, version: "1.0" }));
  }

  /** Delivers what the host itself casts. */
  start(): void {
    this.#own.start();
  }

  /** The outbox of an incarnation with a store. Close it with the incarnation. */
  outboxOf({ registration, log, paused, onFenced }: CastingIncarnation): IncarnationCasts {
    const { manager, address, fence } = registration;
    const options = { ...this.#options, travelling: this.#travelling };
    const outbox = new Outbox({ ...options, holder: { manager, address }, fence, log, paused, onFenced });
    this.#outboxes.add(outbox);
    return {
      outbox,
      hook: outbox.hook,
      keeper: (opened) =>
        outbox.keeper({
          transact: (body) => opened.store.transaction((tx) => body(sessionOf(tx, opened))),
          sessionOf: (tx) => sessionOf(tx as never, opened),
        }),
    };
  }

  /** For a manager without a store: the host keeps and delivers what it casts, while it is the current one. */
  keeperOf({ fence }: Registration): CastKeeper {
    return this.#keeperUnder([this.#ownFence, fence]);
  }

  /** An incarnation has ended. */
  release({ outbox }: IncarnationCasts, reason: unknown): void {
    this.#outboxes.delete(outbox);
    outbox.close(reason);
  }

  /** Somebody has come who takes calls of a manager. */
  arrived(manager: string): void {
    for (const outbox of this.#outboxes) outbox.arrived(manager);
  }

  /**
   * Delivers from now on what another host on this database cast itself, and does not come back. Its epoch is raised first: it
   * delivers nothing more. Undefined where nobody has that name, `alive` where one has begun just now.
   */
  async takeOver(address: string): Promise<{ readonly epoch: number; readonly casts: number } | "alive" | undefined> {
    const { registry, host } = this.#options;
    const other = { manager: hostFence, address };
    const record = await registry.find(other);
    if (!record) return undefined;
    const { epoch, raisedBy } = record.raisedBy ? record : await registry.fencePeer(other, record.epoch, host);
    if (raisedBy === null) return "alive";
    const casts = await this.#own.takeOver(address, (session) => registry.staysFenced(session, other, epoch));
    return { epoch, casts };
  }

  close(): void {
    const reason = stopped(this.#options.host);
    this.#closed = true;
    for (const outbox of this.#outboxes) outbox.close(reason);
    this.#outboxes.clear();
  }

  #keeperUnder(fences: readonly TransactionHook[]): CastKeeper {
    const { database, host } = this.#options;
    return this.#own.keeper({
      transact: async (body) => {
        // What begins before may be kept, and is delivered in the next life.
        if (this.#closed) throw stopped(host);
        await database.write(async (session) => {
          for (const fence of fences) await fence.begin?.(session);
          await body(session);
        }, bounded);
      },
      sessionOf: () => {
        throw reeveError(
          "STORE_MISUSE",
          "tx: only a manager casts in a transaction, one of its own store and through the ref of its own context; leave it out here",
        );
      },
    });
  }
}

function stopped(host: string): ReeveError {
  return reeveError("NOT_SERVING", `${host} has stopped`, { outcome: "never-sent", data: { state: "stopped" } });
}
