import type { Version } from "@reeve/contract";
import type { DriverCall, Fenced, SetupContext, TransferCall } from "./driver-call.ts";
import type { AnyDriverPort } from "./driver-port.ts";

/** Methods of one set-up, its device bound. The context's `progress` is there for every kind; only transfers use it. */
export type BoundMethods = Readonly<Record<string, (input: unknown, call: TransferCall) => unknown>>;

/** What a set-up yields: the driver's methods on the device it opened. */
export interface DriverSession {
  readonly methods: BoundMethods;
  readonly abilities: Readonly<Record<string, BoundMethods>>;
  readonly stats: ((call: DriverCall) => Promise<unknown>) | undefined;
  readonly check: ((call: DriverCall) => Promise<void>) | undefined;
  /** Absent when the driver does not fence as it is configured. Idempotent; calls of it may overlap. */
  readonly fence: ((fenced: Fenced, call: DriverCall) => Promise<void>) | undefined;
  close(): Promise<void>;
}

declare const driverTypes: unique symbol;
export const driverBrand: unique symbol = Symbol.for("reeve.driver");

/** A driver with its options, ready to be given to a manager. Opens nothing until `setup`. */
export interface Driver<P extends AnyDriverPort = AnyDriverPort> {
  readonly [driverBrand]: true;
  readonly name: string;
  /** The driver's own version, as people know it. */
  readonly version: string | undefined;
  /** The port it implements, at the version it was written against. */
  readonly port: P;
  readonly implements: Version;
  /** The abilities it offers. */
  readonly abilities: readonly string[];
  /**
   * Whether it fences as it is configured: whether another process may take over from one that may only be paused. A cluster
   * finishes the work of its dead members only where the driver of the manager does.
   */
  readonly fences: boolean;
  /** Opens the device. Each call gives a session of its own. */
  setup(context: SetupContext): Promise<DriverSession>;
  /** Carries the types; never present at run time. */
  readonly [driverTypes]?: P;
}

/** Whether a value came from a factory made by `defineDriver`, also across duplicate copies of this package. */
export function isDriver(value: unknown): value is Driver {
  return typeof value === "object" && value !== null && (value as { [driverBrand]?: unknown })[driverBrand] === true;
}
