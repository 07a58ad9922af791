import { AsyncLocalStorage } from "node:async_hooks";
import { reeveError } from "@reeve/contract";
import type { Clock } from "../base/clock.ts";
import type { Ids } from "../base/ids.ts";
import type { Database } from "../store/index.ts";
import type { Logger } from "../telemetry/index.ts";
import { DatabaseView } from "./database-view.ts";
import { Lease, type LeaseHolder } from "./lease.ts";
import { type LeaseFences, LeaseRows, type SeenLeases } from "./lease-rows.ts";
import type { LeaseAction } from "./lease-state.ts";
import { lostAfterMs, purgeEveryMs } from "./lease-times.ts";
import { type Moment, momentOf, msSince } from "./moment.ts";
import { Questions } from "./questions.ts";
import { Renewals } from "./renewals.ts";

export interface LeasesOptions {
  readonly database: Database;
  /** Ends what the holder of an expired lease may write. */
  readonly fences: LeaseFences;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
}

export interface LeaseRequest {
  readonly name: string;
  readonly holder: LeaseHolder;
  /** Ends the waiting. What is held by then stays held. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether a holder whose lease has expired is fenced in the commit that takes it, so that it writes nothing more when it comes
   * back. Only a process that has seen the database for a whole life of a lease without a break does that. Default false.
   */
  readonly fences?: boolean | undefined;
  /**
   * Whether its incarnation may have it again at once after it was lost. For what nothing is done under: to wait until it has expired
   * would tell others that its holder is gone. Default false.
   */
  readonly resumes?: boolean | undefined;
}

/**
 * The leases of one process: who of all that share the database does something, by the database's clock. However many are held,
 * they are renewed in one statement every 2 s; however many are waited for, they are looked at in one statement every second.
 */
export class Leases {
  readonly #options: LeasesOptions;
  readonly #rows: LeaseRows;
  readonly #renewals: Renewals;
  readonly #questions: Questions;
  /** By name, those that want it: the first one holds it or asks for it. */
  readonly #queues = new Map<string, Lease[]>();
  /** Rounds serve many: they run in no transaction and no call, whoever has set them off. */
  readonly #outside = AsyncLocalStorage.snapshot();
  readonly #onNotRenewed = new Set<() => void>();
  #purgedAt: Moment | undefined;
  #purging: Promise<void> | undefined;
  #closed = false;

  constructor(options: LeasesOptions) {
    const { database, fences, clock, ids } = options;
    this.#options = options;
    const rows = new LeaseRows(database, fences, ids());
    const view = new DatabaseView(clock);
    this.#rows = rows;
    this.#renewals = new Renewals({
      ...{ rows, clock, view },
      isAskedFor: (name) => this.#questions.isAskedFor(name),
      onNotRenewed: () => {
        for (const listener of this.#onNotRenewed) listener();
      },
    });
    this.#questions = new Questions({ rows, clock, view, isKnown: (name, epoch) => this.#renewals.knows(name, epoch) });
  }

  /**
   * A lease that somebody wants; its `granted` resolves when it is held. Several that want one name take turns in the order they came,
   * within a process.
   *
   * `granted` rejects with the signal's reason; ReeveError `FENCED` where the holder's incarnation may not write any more;
   * `NOT_SERVING` when the host stops. A database that fails is asked again.
   *
   * @throws ReeveError `STORE_MISUSE` inside a transaction, which would wait for itself
   */
  request({ name, holder, signal, fences = false, resumes = false }: LeaseRequest): Lease {
    const { database } = this.#options;
    database.refuseInside();
    const lease = new Lease({
      ...{ name, holder, fences, resumes },
      isOverdue: (confirmedAt) => msSince(this.#options.clock, confirmedAt) >= lostAfterMs,
      onAction: (one, action) => this.#outside(() => this.#act(one, action)),
      refuseInside: () => database.refuseInside(),
    });
    const cancel = () => lease.tell("cancel", signal?.reason);
    const ignore = () => signal?.removeEventListener("abort", cancel);
    lease.granted.then(ignore, ignore);
    void lease.over.then(() => this.#outside(() => this.#leave(lease)));
    if (this.#closed) lease.tell("cancel", closedError(name));
    else if (signal?.aborted) cancel();
    else {
      signal?.addEventListener("abort", cancel, { once: true });
      this.#outside(() => this.#enter(lease));
    }
    return lease;
  }

  /**
   * What each name's row says, by the database's clock; a name that nobody holds is left out. Whoever draws a conclusion from that
   * has seen the database for a whole life of a lease without a break: others cannot renew while it is away, nor have renewed when
   * its clock has just been set.
   *
   * @throws ReeveError `STORE_FAILED`
   */
  states(names: readonly string[]): Promise<SeenLeases> {
    return this.#rows.states(names);
  }

  /** Told each time that what is held could not be renewed. Returns what ends that. */
  onNotRenewed(listener: () => void): () => void {
    this.#onNotRenewed.add(listener);
    return () => this.#onNotRenewed.delete(listener);
  }

  /** Lets go of all that is held, and of all that is waited for. What fences is left to expire: what was done under it may go on. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const queue of [...this.#queues.values()])
      for (const lease of [...queue]) {
        lease.tell("cancel", closedError(lease.name));
        lease.tell(lease.options.fences ? "ended" : "release", closedError(lease.name));
      }
    await this.#questions.close();
    await this.#renewals.settled();
    this.#renewals.close();
    await this.#purging;
  }

  #enter(lease: Lease): void {
    const queue = this.#queues.get(lease.name);
    if (queue) queue.push(lease);
    else {
      this.#queues.set(lease.name, [lease]);
      this.#questions.add(lease);
    }
    this.#purge();
  }

  #act(lease: Lease, action: LeaseAction): void {
    if (action === "resolve") {
      this.#questions.remove(lease);
      this.#renewals.add(lease);
    }
    if (action === "abort")
      this.#options.log.warn({ lease: lease.name, epoch: lease.epoch, err: lease.signal.reason }, "lease lost");
    if (action === "disown") {
      this.#renewals.disown(lease);
      this.#leave(lease);
    }
    if (action === "letGo") this.#renewals.letGo(lease);
  }

  #leave(lease: Lease): void {
    this.#questions.remove(lease);
    const queue = this.#queues.get(lease.name);
    const place = queue?.indexOf(lease) ?? -1;
    if (place === -1) return;
    queue!.splice(place, 1);
    if (queue!.length === 0) this.#queues.delete(lease.name);
    else if (place === 0) this.#questions.add(queue![0]!);
  }

  /** With what goes on anyway: a process that uses no leases touches no rows. */
  #purge(): void {
    const { clock, log } = this.#options;
    if (this.#purging || (this.#purgedAt && msSince(clock, this.#purgedAt) < purgeEveryMs)) return;
    this.#purgedAt = momentOf(clock);
    this.#purging = this.#purgeAll()
      .catch((err: unknown) => log.debug({ err }, "old leases could not be deleted; trying again in an hour"))
      .finally(() => {
        this.#purging = undefined;
      });
  }

  async #purgeAll(): Promise<void> {
    while (!this.#closed && (await this.#rows.purge()));
  }
}

function closedError(name: string): Error {
  return reeveError("NOT_SERVING", `lease "${name}": its host stops`, { data: { state: "stopped" } });
}
