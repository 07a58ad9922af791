import { type Code, codes, ReeveError, reeveError } from "@reeve/contract";

const brand = Symbol.for("reeve.driver-error");

/** Failures that pass by themselves, unless the driver says otherwise. */
const retryableCodes: ReadonlySet<Code> = new Set(["UNAVAILABLE", "ABORTED", "DEADLINE_EXCEEDED"]);

export interface DriverErrorOptions {
  /** Whether the same call may succeed later without anybody changing it. Default: true for `UNAVAILABLE`, `ABORTED` and `DEADLINE_EXCEEDED`. */
  readonly retryable?: boolean;
  /** Plain data for the caller; no secrets. */
  readonly data?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/**
 * A failure in the driver's own words: `NOT_FOUND`, `ALREADY_EXISTS`, `RESOURCE_EXHAUSTED` (full), `INVALID_ARGUMENT`,
 * `FAILED_PRECONDITION`, `UNAVAILABLE` (cannot be reached), `UNIMPLEMENTED` (this device cannot), `DATA_LOSS`, ….
 * `instanceof` holds across duplicate copies of this package.
 */
export class DriverError extends Error {
  override readonly name = "DriverError";
  readonly [brand] = true;
  readonly code: Code;
  readonly retryable: boolean;
  readonly data: Readonly<Record<string, unknown>> | undefined;

  constructor(code: Code, message: string, { retryable, data, cause }: DriverErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = codes.includes(code) ? code : "INTERNAL";
    this.retryable = retryable ?? retryableCodes.has(this.code);
    this.data = data;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && (value as { [brand]?: unknown })[brand] === true;
  }
}

/** Where in which driver something was thrown. */
export interface ThrownIn {
  readonly driver: string;
  readonly method: string;
}

/** What callers get for what a driver threw: `DRIVER_FAILED` with the driver's code, word on retrying and data; a ReeveError stays itself. */
export function fromDriver(thrown: unknown, { driver, method }: ThrownIn): ReeveError {
  if (thrown instanceof ReeveError) return thrown;
  const known = thrown instanceof DriverError ? thrown : undefined;
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  const retryable = known?.retryable ?? false;
  return reeveError("DRIVER_FAILED", `${driver}: ${method}: ${text}`, {
    code: known?.code ?? "INTERNAL",
    retryable,
    data: { ...known?.data, driver, method, retryable },
    cause: thrown,
  });
}
