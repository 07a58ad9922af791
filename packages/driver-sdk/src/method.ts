import { type Duration, durationMs } from "@reeve/contract";

/**
 * How a method answers.
 *
 * - `call`: once, within its deadline.
 * - `transfer`: once, after moving much data; it reports progress, and its deadline counts from the last report.
 * - `stream`: with items, one after the other; its deadline counts from the last item.
 */
export type MethodKind = "call" | "transfer" | "stream";

declare const methodTypes: unique symbol;

/** One method of a driver port: data for the runtime, types for the author and the caller. */
export interface Method<Kind extends MethodKind = MethodKind, Input = any, Output = any> {
  readonly kind: Kind;
  /** Whether an input comes before the call's context. */
  readonly takesInput: boolean;
  /** Deadline when the caller gives none. Absent: the runtime's. */
  readonly timeoutMs?: number;
  /** Carries the types; never present at run time. */
  readonly [methodTypes]?: { readonly input: Input; readonly output: Output };
}

export interface MethodOptions {
  /** Deadline when the caller gives none. Default: that of the runtime's wrapper, 60 s. */
  readonly timeout?: Duration;
}

function token(kind: MethodKind, takesInput: boolean, { timeout }: MethodOptions = {}): Method {
  return Object.freeze({
    kind,
    takesInput,
    ...(timeout === undefined ? {} : { timeoutMs: durationMs("method timeout", timeout) }),
  });
}

/**
 * A method with an input that is answered once.
 *
 * @example
 * ```ts
 * const lamps = driverPort("lamp", { version: "1.0", methods: { light: method<{ on: boolean }>() } });
 * ```
 */
export function method<Input, Output = void>(options?: MethodOptions): Method<"call", Input, Output> {
  return token("call", true, options) as Method<"call", Input, Output>;
}

/**
 * A method without input that is answered once.
 *
 * @example
 * ```ts
 * const lamps = driverPort("lamp", { version: "1.0", methods: { state: query<{ on: boolean }>() } });
 * ```
 */
export function query<Output>(options?: MethodOptions): Method<"call", undefined, Output> {
  return token("call", false, options) as Method<"call", undefined, Output>;
}

/**
 * A method that moves much data and reports progress; only a stall is too long.
 *
 * @example
 * ```ts
 * const tapes = driverPort("tape", { version: "1.0", methods: { erase: transfer<{ id: string }>() } });
 * ```
 */
export function transfer<Input, Output = void>(options?: MethodOptions): Method<"transfer", Input, Output> {
  return token("transfer", true, options) as Method<"transfer", Input, Output>;
}

/**
 * A method that answers with items; only a stall is too long.
 *
 * @example
 * ```ts
 * const tapes = driverPort("tape", { version: "1.0", methods: { read: streaming<{ fromByte: number }, Uint8Array>() } });
 * ```
 */
export function streaming<Input, Item>(options?: MethodOptions): Method<"stream", Input, Item> {
  return token("stream", true, options) as Method<"stream", Input, Item>;
}
