import type { Code } from "./code.ts";
import type { Duration } from "./duration.ts";
import type { Output, Schema } from "./schema.ts";
import type { Version } from "./version.ts";

/**
 * Who may answer.
 *
 * - `any`: a local manager first, else any live member that can serve.
 * - `owner`: the address that the manager's `owner` function names for this input.
 * - `address`: only the one that the caller names with `.at(address)`.
 */
export type Route = "any" | "owner" | "address";

/**
 * A declared error: the schema of its data; or that, the code when it is not `FAILED_PRECONDITION`, and whether the same call
 * may succeed later without anybody changing it (default false).
 */
export type ErrorSpec =
  | Schema
  | { readonly code: Code; readonly data: Schema; readonly retryable?: boolean | undefined };

export type ErrorSpecs = Readonly<Record<string, ErrorSpec>>;

/** The schema of a declared error's data. */
export type ErrorData<E extends ErrorSpec> = E extends Schema ? E : E extends { data: infer D } ? D : never;

interface Options<I extends Schema, E extends ErrorSpecs, R extends Route> {
  readonly input: I;
  /** Errors that callers may branch on, by reason. Anything else a handler throws reaches them as `INTERNAL`. */
  readonly errors?: E | undefined;
  /** Default `any`. */
  readonly route?: R | undefined;
  /** The minor version that brought the operation. Default: the major's first, `.0`. */
  readonly since?: Version | undefined;
  /** Calls with the same lane never overlap and keep their order. */
  readonly lane?: ((input: Output<I>) => string) | undefined;
  /** Deadline when the caller gives none. Default 60 s. */
  readonly timeout?: Duration | undefined;
  /**
   * Who may call it: a principal that has any one of these roles. `["*"]` says everybody. Enforced by the manager, for calls
   * of its own process as well, before the input is looked at: refused with `NOT_PERMITTED`. Default: everybody.
   */
  readonly roles?: readonly string[] | undefined;
}

interface CallOptions<I extends Schema, E extends ErrorSpecs, R extends Route> extends Options<I, E, R> {
  /** The author's word that running twice is harmless; such a call is retried even when it may have run. */
  readonly idempotent?: boolean | undefined;
  /**
   * `store`: a repeated idempotency key runs once; key and answer are kept in the work's own transaction, and what `recover`
   * finishes after a crash is the answer. A call that may have run is retried at the same address only, since another may have
   * another store. A call between processes without a key gets one for its own retries, so it goes on when its caller leaves.
   */
  readonly dedupe?: "store" | undefined;
}

export interface CallOperation<I extends Schema, O extends Schema | undefined, E extends ErrorSpecs, R extends Route>
  extends CallOptions<I, E, R> {
  readonly kind: "call";
  readonly output: O;
  readonly errors: E;
  readonly route: R;
}

interface CastOptions<I extends Schema, R extends Route, D extends boolean> extends Options<I, {}, R> {
  /**
   * The cast is kept in the caller's store before its promise resolves, and sent until it has been carried out: once, whatever
   * crashes on either side. Its manager has a store, where the cast's key is kept until the caller keeps the cast no more. A handler
   * that a crash cuts short after its first commit does not run again: journal its work, or return `carriedOut` from its last
   * transaction, or such a cast is a dead letter (`INTERRUPTED`). A caller without a store waits until the cast has been carried out.
   * Default false.
   */
  readonly durable?: D | undefined;
  /**
   * Of a durable cast that was given up, which an operator may see, replay or drop: `stop` keeps those after it in its lane waiting,
   * `skip` goes on with them. Default `stop`.
   */
  readonly onDeadLetter?: "stop" | "skip" | undefined;
}

export interface CastOperation<I extends Schema, R extends Route, D extends boolean = boolean>
  extends CastOptions<I, R, D> {
  readonly kind: "cast";
  readonly route: R;
  readonly durable: D;
}

export interface StreamOperation<
  I extends Schema,
  P extends Schema,
  O extends Schema | undefined,
  E extends ErrorSpecs,
  R extends Route,
> extends Options<I, E, R> {
  readonly kind: "stream";
  readonly progress: P;
  readonly output: O;
  readonly errors: E;
  readonly route: R;
  /**
   * `store`: a repeated idempotency key runs once, also after a crash, and gets the answer that was kept with the work. A stream
   * is never sent again by itself: whoever lost it calls it again under its key.
   */
  readonly dedupe?: "store" | undefined;
}

/** Deliberately loose: a constraint with `any` for its arguments would become the inferred route. */
export interface AnyOperation {
  readonly kind: "call" | "cast" | "stream";
}

/**
 * A request that is answered once.
 *
 * @example
 * ```ts
 * const create = call({
 *   input: z.object({ name: z.string().min(1) }),
 *   output: z.object({ id: z.string() }),
 *   errors: { QUOTA_EXCEEDED: z.object({ limitGiB: z.number() }) },
 *   dedupe: "store",
 *   timeout: "60s",
 * });
 * ```
 */
export function call<
  I extends Schema,
  O extends Schema | undefined = undefined,
  E extends ErrorSpecs = {},
  R extends Route = "any",
>(options: CallOptions<I, E, R> & { readonly output?: O }): CallOperation<I, O, E, R> {
  const { output, errors, route, ...rest } = options;
  return { ...rest, kind: "call", output: output as O, errors: errors ?? ({} as E), route: route ?? ("any" as R) };
}

/**
 * A message without an answer: the promise says that it was handed over, not that it was handled. With `durable` it says that
 * the cast is kept, and will be carried out.
 *
 * @example
 * ```ts
 * const volumes = contract("volume", "1.0", { rescan: cast({ input: z.object({}), durable: true }) });
 * ```
 */
export function cast<I extends Schema, R extends Route = "any", const D extends boolean = false>(
  options: CastOptions<I, R, D>,
): CastOperation<I, R, D> {
  const { route, durable, ...rest } = options;
  return { ...rest, kind: "cast", route: route ?? ("any" as R), durable: durable ?? (false as D) };
}

/**
 * A request that reports progress until it is answered.
 *
 * @example
 * ```ts
 * const copy = stream({
 *   input: z.object({ id: z.string() }),
 *   progress: z.object({ percent: z.number() }),
 *   output: z.object({ id: z.string() }),
 * });
 * ```
 */
export function stream<
  I extends Schema,
  P extends Schema,
  O extends Schema | undefined = undefined,
  E extends ErrorSpecs = {},
  R extends Route = "any",
>(
  options: Options<I, E, R> & { readonly progress: P; readonly output?: O; readonly dedupe?: "store" },
): StreamOperation<I, P, O, E, R> {
  const { output, errors, route, ...rest } = options;
  return { ...rest, kind: "stream", output: output as O, errors: errors ?? ({} as E), route: route ?? ("any" as R) };
}
