import type { AnyContract, OperationsOf } from "./contract.ts";
import type { Duration } from "./duration.ts";
import type { CallOperation, CastOperation, StreamOperation } from "./operation.ts";
import type { Page, PagedOperation, PageRequest } from "./paged.ts";
import type { Input, Output, Schema } from "./schema.ts";

/** What a caller may say about one call. */
export interface CallOptions {
  /**
   * Deadline from now; never later than the calling operation's own, unless that journals its work or runs under an idempotency
   * key. When it passes the wait ends. Default: the operation's `timeout`.
   */
  readonly timeout?: Duration | undefined;
  /** Aborting it cancels the call: the wait ends, and with it the operation, but for journalled work and what runs under a key. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Names this call, in 1 to 200 characters: who repeats it with the same key and input gets the first one's answer, or joins it
   * while it runs. The key belongs to the manager, the operation, and the principal's tenant and user, whichever process the call
   * comes through; to anybody else, or for another operation, it is another key. With another input it is refused.
   *
   * The manager's memory knows it for 10 minutes and until the manager restarts; with `dedupe: "store"` the manager's store knows
   * it for 24 h, also after a crash. Where each host has a file of its own, a key holds at the address that it was given to: repeat
   * it there. Such a call goes on when its caller leaves, to the operation's `timeout` or the longer one given here, and its answer
   * is kept.
   *
   * @throws ReeveError `INVALID_OPTION` when it is not such a text; `INVALID_INPUT` when it was used with another input;
   * `DUPLICATE_KEY` when the answer is not known: `retryable` while the call or the recovery of its work still runs, else look at
   * `data.resource`
   */
  readonly idempotencyKey?: string | undefined;
}

/** What a caller may say about one durable cast. */
export interface DurableCastOptions {
  /**
   * The open transaction of the calling manager's own store that the cast belongs to: it is kept if that commits. Default: a
   * transaction of its own.
   */
  readonly tx?: object | undefined;
  /** When it is due, from now on by the clock of the store that keeps it: `"24h"`, up to 100 years. Give this or `at`. Default: at once. */
  readonly after?: Duration | undefined;
  /** When it is due, by that clock; at once when that has passed. */
  readonly at?: Date | undefined;
}

/**
 * Progress while it comes, and the answer at the end. Iterating is optional: `result` settles either way.
 * Leaving the iteration early cancels the operation, unless it has an idempotency key: then it goes on, and its steps are dropped.
 *
 * Called again with the same key and input while it runs, a stream is joined, not begun: the last step comes at once, then those
 * from now on, and the same answer. The operation waits for all of its readers; one that has made no room for a second is passed
 * over while another has some, and misses steps. Called again later it has the answer and no steps. That holds in any process of the same principal.
 *
 * @example
 * ```ts
 * const copying = volume.copy({ id }, { idempotencyKey: "copy-17" });
 * for await (const step of copying) {
 *   if (copying.missed > 0) console.log(`… ${copying.missed} steps missed`);
 *   console.log(step.percent);
 * }
 * const twin = await copying.result;
 * ```
 */
export interface ProgressStream<P, R> extends AsyncIterable<P> {
  /**
   * How many steps just before the one that was read last are missing, and after the last one, how many before the end: taken by
   * a link that broke, come while nobody read (the last 16 are kept), or come while this reader, of several, had no room. 0 when
   * none is missing. Steps from before a stream was joined are not counted.
   */
  readonly missed: number;
  readonly result: Promise<R>;
}

/** What one member answered. */
export type Answer<T> = { readonly address: string } & PromiseSettledResult<T>;

/**
 * The method of a paged operation: gives one page. {@link PagedMethod.each} goes through all of them.
 */
export interface PagedMethod<F extends Schema, T extends Schema> {
  (request: PageRequest<Input<F>>, options?: CallOptions): Promise<Page<Output<T>>>;
  /**
   * All items, one by one, from the request's `cursor` on, or from the first. A page is asked for when the items of the one
   * before it have been taken, so that leaving the loop asks for no more. `limit` is the items of a page, `timeout` the time
   * for each. What a page fails with is thrown where its first item would be; the items before it have been given.
   *
   * @throws ReeveError what the operation throws; `CANCELLED` at the next item after the signal has aborted; `INVALID_OUTPUT`
   * when a page names itself as the next
   * @example
   * ```ts
   * for await (const volume of volumes.list.each({ filter: { status: "error" } }, { timeout: "5s" })) console.log(volume.id);
   * ```
   */
  each(
    request?: PageRequest<Input<F>>,
    options?: Omit<CallOptions, "idempotencyKey">,
  ): AsyncIterableIterator<Output<T>>;
}

type Method<O> =
  O extends PagedOperation<infer F, infer T, any, any>
    ? PagedMethod<F, T>
    : O extends CallOperation<infer I, infer R, any, any>
      ? (input: Input<I>, options?: CallOptions) => Promise<Output<R>>
      : O extends CastOperation<infer I, any, infer D>
        ? (input: Input<I>, options?: [D] extends [true] ? DurableCastOptions : CallOptions) => Promise<void>
        : O extends StreamOperation<infer I, infer P, infer R, any, any>
          ? (input: Input<I>, options?: CallOptions) => ProgressStream<Output<P>, Output<R>>
          : never;

type Unaddressed<Ops> = { [K in keyof Ops as Ops[K] extends { route: "address" } ? never : K]: Method<Ops[K]> };
type Addressed<Ops> = { [K in keyof Ops]: Method<Ops[K]> };
type Gathered<Ops> = {
  [K in keyof Ops as Ops[K] extends { kind: "call" } ? K : never]: (
    input: Parameters<Method<Ops[K]>>[0],
    options?: CallOptions,
  ) => Promise<Answer<Awaited<ReturnType<Method<Ops[K]>>>>[]>;
};

/** The operations of a contract at one address, those with `route: "address"` included. */
export type AddressedRef<C extends AnyContract> = Addressed<OperationsOf<C>>;

/** A typed handle on a manager, wherever it runs: one method per operation. Cheap to make and safe to share. */
export type Ref<C extends AnyContract> = Unaddressed<OperationsOf<C>> & {
  /**
   * The same operations at one address (`host`, `host@backend`) or at any member of a cluster.
   * @throws ReeveError `INVALID_OPTION` when the text is not an address
   */
  at(address: string): AddressedRef<C>;
  /** Asks every live member; resolves with each one's settled answer, never rejects for a member's failure. */
  all(): Gathered<OperationsOf<C>>;
  /** Whether every live member knows the operation now. */
  supports(operation: keyof OperationsOf<C> & string): boolean;
};
