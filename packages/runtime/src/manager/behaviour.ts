import type {
  AnyContract,
  CallOperation,
  CastOperation,
  ErrorSpecs,
  Input,
  OperationsOf,
  Output,
  Schema,
  StreamOperation,
} from "@reeve/contract";
import type { KeptMachineOptions } from "../actors/index.ts";
import type { InspectionPanel } from "../inspection/index.ts";
import type { AnyActorLogic } from "../lifecycle/user-logic.ts";
import type { PeriodicTask } from "../periodic/index.ts";
import type { carriedOut, JobKinds, Recoverers } from "../recovery/index.ts";
import type { RefusedCall } from "../rpc/callee/behaviour.ts";
import type { Context, OperationContext } from "../rpc/callee/context.ts";
import type { StoreDefinition } from "../store/index.ts";

/** What an operation without output may return: nothing, or what its last transaction has returned. */
type Ended = void | typeof carriedOut;
type Answer<R> = R extends Schema ? Input<R> : Ended;

type Errors<E> = E extends ErrorSpecs ? E : {};

/** How a manager implements one operation. Its input satisfies the schema already; its answer is checked after it. */
export type OperationHandler<O> =
  O extends CallOperation<infer I, infer R, infer E, any>
    ? (input: Output<I>, ctx: OperationContext<Errors<E>>) => Promise<Answer<R>> | Answer<R>
    : O extends CastOperation<infer I, any>
      ? (input: Output<I>, ctx: OperationContext) => Promise<Ended> | Ended
      : O extends StreamOperation<infer I, infer P, infer R, infer E, any>
        ? (input: Output<I>, ctx: OperationContext<Errors<E>>) => AsyncGenerator<Input<P>, Input<R>>
        : never;

export type OperationHandlers<C extends AnyContract> = {
  readonly [K in keyof OperationsOf<C>]: OperationHandler<OperationsOf<C>[K]>;
};

/** Inputs of the operations that go to an owner. */
export type OwnedInput<C extends AnyContract> = {
  [K in keyof OperationsOf<C>]: OperationsOf<C>[K] extends { route: "owner"; input: infer I extends Schema }
    ? Output<I>
    : never;
}[keyof OperationsOf<C>];

/** What `authorize` is asked about; the input is that of the operation. */
export type AuthorizedCall<C extends AnyContract> = {
  [K in keyof OperationsOf<C> & string]: [
    ctx: OperationContext,
    operation: K,
    input: OperationsOf<C>[K] extends { input: infer I extends Schema } ? Output<I> : never,
  ];
}[keyof OperationsOf<C> & string];

export interface HostInfo {
  /** The service record's id; stays the same across restarts. */
  readonly serviceId: string;
  /** The record had no cluster and now has one: what this host owns belongs to the cluster from here on. */
  readonly addedToCluster: boolean;
}

interface Hooks<C extends AnyContract> {
  /**
   * Before RPC accepts calls, after crashed work was recovered. A throw fails the start, as does taking longer than
   * `startTimeout`. Where a failed driver call is why, itself or as the `cause` of what is thrown, and where one is still
   * out when the time is over, the manager opens degraded instead (`PREPARE_FAILED`), and both are tried again after 1 s,
   * 2 s, … 60 s, with jitter and without end; after 60 s at once when the driver says that it will not pass. So this may run
   * more than once in an incarnation, never beside itself.
   */
  initHost?(ctx: Context, info: HostInfo): Promise<void> | void;
  /** Once RPC is ready. A throw, or taking longer than `startTimeout`, degrades the manager; it is tried again, never beside itself. */
  initHostWithRpc?(ctx: Context): Promise<void> | void;
  /**
   * Whether the manager can do its work: asked before it is first ready, every `probeEvery`, when its driver comes back and
   * after a reset. A throw or a hang counts as "no"; after `probeTimeout` the signal aborts, and the next turn asks anew.
   */
  isWorking?(ctx: Context): Promise<boolean> | boolean;
  /**
   * On SIGHUP, after the runtime's own reset: the config was read again and every client was rebuilt. A throw, or taking
   * longer than 30 s, degrades the manager; it is tried again, never beside itself.
   */
  reset?(ctx: Context): Promise<void> | void;
  /** When it stops, after the last call: give back what `setup` opened. Bounded by `drainTimeout`. */
  close?(): Promise<void> | void;
  /**
   * What the inspector and `describe` show of the closure. It may be asynchronous: then what the last one came to is shown,
   * from the look after that on. Never asked twice at a time; one that has not answered within 2 s, or throws, says so.
   */
  inspect?(): unknown;
  /** Tables that the inspector shows beside the managers: placements, leases, crashed work. */
  readonly panels?: readonly InspectionPanel[];
  /** The machines whose actors it keeps, and takes up again after a restart. Needs a store. */
  readonly kept?: readonly (AnyActorLogic | KeptMachineOptions)[];
  /** The address that an `owner` call belongs to; null when nobody owns it. Required where an operation has `route: "owner"`. */
  owner?(input: OwnedInput<C>): Promise<string | null> | string | null;
  /**
   * Whether this call may run, for what roles alone cannot say: asked for every call, of this process and of others, after
   * its roles and its input, before its handler and before a kept answer is given out. Only `true` says yes; `false` refuses
   * with `NOT_PERMITTED`, and so may a throw: `throw notPermitted("why")`. It holds the call's place in its lane, and the
   * call's deadline counts. The system is asked about as well: `hasRole(ctx.principal, …)` holds for every role of it.
   */
  authorize?(...call: AuthorizedCall<C>): Promise<boolean> | boolean;
  /**
   * Told of each call that was refused because its principal lacks a role, or because its caller may not speak for whom it
   * does: for an audit of one's own. What `authorize` refuses it knows already. A throw is logged.
   */
  refused?(refusal: RefusedCall): void;
  /** What to do when nobody lives at the owner's address, for the `NO_RESPONDERS` that callers of its `owner` operations get. */
  readonly whenOwnerGone?: string | undefined;
  readonly operations: OperationHandlers<C>;
  readonly periodic?: Readonly<Record<string, PeriodicTask<Context>>>;
}

/** By kind of work, for each that `jobs` declares: what to do after a crash, or when `work.run` threw. */
type Recovering<D extends StoreDefinition, J extends JobKinds> = 0 extends 1 & J
  ? { readonly recover?: Recoverers<D> }
  : [keyof J] extends [never]
    ? { readonly recover?: Readonly<Record<string, never>> }
    : { readonly recover: Recoverers<D, J> };

/**
 * What `setup` returns: the manager's code. Hooks and periodic tasks get a context, so that no ref made in them loses
 * its trace. Every hook is optional.
 */
export type ManagerBehaviour<
  C extends AnyContract,
  D extends StoreDefinition = any,
  J extends JobKinds = any,
> = Hooks<C> & Recovering<D, J>;
