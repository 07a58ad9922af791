import { catalogue, type Reason, type ReasonData } from "./catalogue.ts";
import type { Code } from "./code.ts";
import type { Outcome } from "./outcome.ts";

const brand = Symbol.for("reeve.error");

export interface ReeveErrorOptions {
  readonly code: Code;
  readonly reason: string;
  readonly message: string;
  readonly outcome: Outcome;
  readonly data?: unknown;
  readonly retryable?: boolean | undefined;
  readonly address?: string | undefined;
  readonly cause?: unknown;
}

/** What {@link ReeveError.toJSON} gives: everything but the stack and the cause, which stay where the error arose. */
export interface ReeveErrorJson {
  readonly code: Code;
  readonly reason: string;
  readonly message: string;
  readonly outcome: Outcome;
  readonly retryable: boolean;
  readonly data?: unknown;
  readonly address?: string;
}

/** The one error class of Reeve. `instanceof` holds across duplicate copies of this package. */
export class ReeveError extends Error {
  declare readonly name: "ReeveError";
  declare readonly [brand]: true;
  /** Canonical gRPC status name: what kind of failure it is. */
  readonly code: Code;
  /** A reason of the {@link catalogue}, or one that the operation's contract declares. */
  readonly reason: string;
  /** Typed by the reason; see `docs/errors.md` or the contract. */
  declare readonly data: unknown;
  readonly outcome: Outcome;
  /** Whether the same call may succeed later without anybody changing it. */
  readonly retryable: boolean;
  /** The manager instance that answered, when one did. */
  declare readonly address: string | undefined;

  static {
    // Of every error alike, so that printing one shows only what is its own.
    Object.defineProperty(ReeveError.prototype, "name", { value: "ReeveError" });
    Object.defineProperty(ReeveError.prototype, brand, { value: true });
  }

  constructor(options: ReeveErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.reason = options.reason;
    if (options.data !== undefined) this.data = options.data;
    this.outcome = options.outcome;
    this.retryable = options.retryable ?? false;
    if (options.address !== undefined) this.address = options.address;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && (value as { [brand]?: unknown })[brand] === true;
  }

  toJSON(): ReeveErrorJson {
    return {
      code: this.code,
      reason: this.reason,
      message: this.message,
      outcome: this.outcome,
      retryable: this.retryable,
      ...(this.data === undefined ? {} : { data: this.data }),
      ...(this.address === undefined ? {} : { address: this.address }),
    };
  }
}

/** An error of one of the runtime's own reasons. */
export type ReasonError<R extends Reason> = ReeveError & { readonly reason: R; readonly data: ReasonData[R] };

/** What replaces the catalogue's defaults; `data` where the reason has any. */
type Details<R extends Reason> = Partial<
  Pick<ReeveErrorOptions, "outcome" | "retryable" | "address" | "cause" | "code">
> &
  (undefined extends ReasonData[R] ? { readonly data?: ReasonData[R] } : { readonly data: ReasonData[R] });

type MaybeDetails<R extends Reason> = undefined extends ReasonData[R] ? [details?: Details<R>] : [details: Details<R>];

/**
 * Makes an error of a catalogued reason, with the catalogue's code, outcome and `retryable` unless `details` say otherwise.
 * `details.data` has the reason's type.
 *
 * @example
 * ```ts
 * throw reeveError("BUSY", `volume ${id} is being made`, { data: { resource: id } });
 * ```
 */
export function reeveError<R extends Reason>(
  reason: R,
  message: string,
  ...[details]: MaybeDetails<R>
): ReasonError<R> {
  const { code, outcome, retryable } = catalogue[reason];
  return new ReeveError({ code, outcome, retryable, ...details, reason, message }) as ReasonError<R>;
}
