import { reeveError } from "@reeve/contract";
import { knownKeys, shown } from "../config/index.ts";
import type { ActorRefFrom, AnyActorLogic, EventFromLogic, InputFrom, SnapshotFrom } from "../lifecycle/user-logic.ts";
import type { Context } from "../rpc/callee/context.ts";
import { type OpenStore, type StoreDefinition, sessionOf, type Transaction } from "../store/index.ts";
import type { ActorRow, ActorStatus } from "./actor-store.ts";
import type { HeldActor } from "./held-actor.ts";
import type { KeptActors } from "./kept-actors.ts";
import type { KeptMachineSpec, OnActorError } from "./machines.ts";
import type { SpawnedActors } from "./spawned-actors.ts";

/** The input of an actor, where its logic takes one. */
type WithInput<L extends AnyActorLogic> =
  undefined extends InputFrom<L> ? { readonly input?: InputFrom<L> } : { readonly input: InputFrom<L> };

export type SpawnActorOptions<L extends AnyActorLogic> = WithInput<L> & {
  /** Unique among the actors that the manager has spawned and that live. */
  readonly id: string;
  /** What becomes of the manager where the actor fails. Default `cause`. */
  readonly onError?: OnActorError;
};

export type KeepActorOptions<L extends AnyActorLogic, D extends StoreDefinition = any> = WithInput<L> & {
  /** Unique among the manager's kept actors of that machine, on all hosts of its database. */
  readonly id: string;
  /** A transaction of the manager's store, with which the actor begins or does not. */
  readonly tx?: Transaction<D>;
};

export interface InTransaction<D extends StoreDefinition = any> {
  /** A transaction of the manager's store, with which it happens or does not. */
  readonly tx?: Transaction<D>;
}

/** What an event has come to. */
export interface SentEvent<L extends AnyActorLogic> {
  /** As the actor is then. */
  readonly snapshot: SnapshotFrom<L>;
  /** Whether it heeded the event. One that its state does not know, or whose guard said no, changes nothing. */
  readonly taken: boolean;
}

/** A kept actor as somebody finds it. */
export interface FoundActor<L extends AnyActorLogic = AnyActorLogic> {
  readonly id: string;
  /** `failed`: it stands still until its manager starts anew; `error`: its machine has ended with an error. */
  readonly status: ActorStatus;
  readonly snapshot: SnapshotFrom<L>;
  /** Whose incarnation runs it: where its events are to be sent. */
  readonly address: string;
  readonly lastError: string | undefined;
  readonly createdAt: Date;
  readonly changedAt: Date;
}

/** A kept actor, to be sent to. Making one asks nobody: whether there is such an actor is found out when it is sent something. */
export interface KeptActor<L extends AnyActorLogic, D extends StoreDefinition = any> {
  readonly id: string;
  /**
   * Sends an event, plain data, and resolves when what it has come to is committed; the actions of the transition run then. Events
   * are taken one after the other, in the order of their sending; with `tx` within that transaction, and the actions run when that
   * is committed. A rejection has changed nothing.
   *
   * @throws ReeveError `NO_ACTOR`; `MOVED` where another address holds it; `ACTOR_FAILED`; `MACHINE_REFUSED`; `STORE_MISUSE` inside
   * a transaction without its `tx`; what a guard or an assignment throws
   */
  send(event: EventFromLogic<L>, options?: InTransaction<D>): Promise<SentEvent<L>>;
  /**
   * Deletes it, in whatever state it is: what it has invoked is ended, and its timers never fire.
   *
   * @returns whether there was one here
   */
  forget(options?: InTransaction<D>): Promise<boolean>;
}

/**
 * The actors of a manager's own: any XState 5 machine or logic.
 *
 * @example
 * ```ts
 * setup: ({ actors }) => ({
 *   kept: [serverMachine],
 *   operations: {
 *     async rack({ id, model }) {
 *       await actors.keep(serverMachine, { id, input: { model } });
 *     },
 *     async approve({ id }, ctx) {
 *       const { taken, snapshot } = await actors.get(serverMachine, id).send({ type: "approved" });
 *       if (!taken) ctx.fail("NOT_WAITING", { state: String(snapshot.value) });
 *     },
 *   },
 * }),
 * ```
 */
export interface Actors<D extends StoreDefinition = any> {
  /**
   * Starts an actor that lives in memory and ends with the incarnation, its children with it. One that fails is ended by XState, and
   * is the manager's failure: see `onError`.
   *
   * @returns XState's own ref
   * @throws ReeveError `ACTOR_EXISTS` while another one of that id lives; `NOT_SERVING` once the incarnation has ended
   */
  spawn<L extends AnyActorLogic>(logic: L, options: SpawnActorOptions<L>): ActorRefFrom<L>;
  /**
   * Begins an actor that is kept in the manager's store with each transition: first its next state and the times of its `after` are
   * committed, then its actions run, at least once. After a crash it is there again, in its state and with its children. Its delays
   * fire at their time, or at once where that has passed. Promises and callbacks that it invokes are begun again: journal with
   * `work.run` what is to happen once. Resolves when it is committed, or is part of `tx`.
   *
   * @param machine one of those that `setup` returned in `kept`
   * @throws ReeveError `ACTOR_EXISTS`; `INVALID_OPTION` where the machine is not in `kept`; what its initial transition throws
   */
  keep<L extends AnyActorLogic>(machine: L, options: KeepActorOptions<L, D>): Promise<KeptActor<L, D>>;
  /** A kept actor by its id. */
  get<L extends AnyActorLogic>(machine: L, id: string): KeptActor<L, D>;
  /** A kept actor as it was last committed, whoever holds it; undefined where there is none. @throws ReeveError `MACHINE_REFUSED` */
  find<L extends AnyActorLogic>(machine: L, id: string): Promise<FoundActor<L> | undefined>;
  /**
   * The kept actors of a machine, on all hosts of its database, by their id: up to `limit` (default 100, at most 1,000) after one.
   *
   * @throws ReeveError `MACHINE_REFUSED`
   */
  list<L extends AnyActorLogic>(
    machine: L,
    options?: { readonly status?: ActorStatus; readonly after?: string; readonly limit?: number },
  ): Promise<readonly FoundActor<L>[]>;
  /** For what actors do: calls others, with a trace of their own, until the signal aborts. `name` says who calls. */
  context(name: string, signal: AbortSignal): Context;
}

interface ActorsParts {
  readonly spawned: SpawnedActors;
  /** Undefined where the manager has no store. */
  readonly kept: KeptActors | undefined;
  readonly opened: OpenStore<any> | undefined;
  /** The manager, in messages. */
  readonly manager: string;
  context(name: string, signal: AbortSignal): Context;
}

const mostListed = 1_000;
const longestId = 200;

export function actorsOf({ spawned, kept, opened, manager, context }: ActorsParts): Actors {
  const held = (): KeptActors => {
    if (kept) return kept;
    throw reeveError("INVALID_OPTION", `manager ${manager}: actors are kept in its store, and it has none`);
  };
  const alone = <R>(
    actor: HeldActor,
    tx: Transaction | undefined,
    body: (session: ReturnType<typeof sessionOf>) => Promise<R>,
  ) => (tx === undefined ? held().alone(actor, body) : body(sessionOf(tx, opened!)));
  const get = <L extends AnyActorLogic>(machine: L, id: string): KeptActor<L> => {
    requireId("actors.get", id);
    held().machine(machine);
    const actor = () => held().actor(machine, id);
    return {
      id,
      async send(event, options = {}) {
        knownKeys("send", options, ["tx"]);
        const { tx } = options;
        const { machine, taken } =
          tx === undefined
            ? await held().send(actor(), event)
            : await held().take(sessionOf(tx, opened!), actor(), event);
        return { snapshot: machine.snapshot, taken };
      },
      async forget(options = {}) {
        knownKeys("forget", options, ["tx"]);
        return alone(actor(), options.tx, (session) => held().forget(session, actor()));
      },
    };
  };
  return {
    spawn(logic, options) {
      knownKeys("actors.spawn", options, ["id", "input", "onError"]);
      requireId("actors.spawn", options.id);
      return spawned.spawn(logic, options);
    },
    async keep(machine, options) {
      knownKeys("actors.keep", options, ["id", "input", "tx"]);
      const { id, input, tx } = options;
      const ref = get(machine, id);
      const actor = held().actor(machine, id);
      await alone(actor, tx, (session) => held().begin(session, actor, input));
      return ref;
    },
    get,
    async find(machine, id) {
      const actor = held().actor(machine, id);
      const row = await held().find(actor);
      return row && (foundAs(held(), actor.spec, row) as never);
    },
    async list(machine, options = {}) {
      knownKeys("actors.list", options, ["status", "after", "limit"]);
      const { status, after = "", limit = 100 } = options;
      if (!Number.isSafeInteger(limit) || limit < 1 || limit > mostListed)
        throw reeveError("INVALID_OPTION", `actors.list: limit: expected 1 to ${mostListed}, got ${shown(limit)}`);
      const spec = held().machine(machine);
      const rows = await held().list({ machine: spec.name, status, after, limit });
      return rows.map((row) => foundAs(held(), spec, row) as never);
    },
    context,
  };
}

function foundAs(kept: KeptActors, spec: KeptMachineSpec, row: ActorRow): FoundActor {
  const { actor: id, status, holderAddress: address, lastError, createdAt, changedAt } = row;
  const { snapshot } = kept.lookAt(spec, row);
  return { id, status, snapshot, address, lastError: lastError ?? undefined, createdAt, changedAt };
}

/** What no database gives back as it was would be another actor's id. */
function requireId(what: string, id: unknown): void {
  if (typeof id === "string" && id !== "" && id.length <= longestId && id.isWellFormed() && !id.includes("\0")) return;
  throw reeveError(
    "INVALID_OPTION",
    `${what}: id: expected well-formed text of 1 to ${longestId} characters without NUL, got ${shown(id)}`,
  );
}
