import type { Input, Output, Schema, Version } from "@reeve/contract";
import { bindSession } from "./bind-session.ts";
import { type Driver, driverBrand } from "./driver.ts";
import type { DriverCall, Fenced, SetupContext, TransferCall } from "./driver-call.ts";
import { parseOptions } from "./driver-options.ts";
import type { AnyDriverPort } from "./driver-port.ts";
import type { Method } from "./method.ts";
import { requireImplementation } from "./require-implementation.ts";

type Rest<M> =
  M extends Method<infer Kind, infer Given, any>
    ? [
        ...([Given] extends [undefined] ? [] : [input: Given]),
        call: Kind extends "transfer" ? TransferCall : DriverCall,
      ]
    : never;

type Answer<M> =
  M extends Method<infer Kind, any, infer Result>
    ? Kind extends "stream"
      ? AsyncIterable<Result>
      : Result | Promise<Result>
    : never;

/** How a driver implements one method of a port. */
// The device stands outside the conditional types: within, TypeScript would not infer it from `setup`.
export type Implementation<Device, M> = (device: Device, ...rest: Rest<M>) => Answer<M>;

type Implementations<Device, Methods> = { readonly [K in keyof Methods]: Implementation<Device, Methods[K]> };

type StatsPart<P extends AnyDriverPort, Device> = undefined extends P["stats"]
  ? { readonly stats?: undefined }
  : {
      /** Measures now. What does not satisfy the port's schema is an error of the driver. */
      readonly stats: (device: Device, call: DriverCall) => Input<P["stats"]> | Promise<Input<P["stats"]>>;
    };

interface DefinitionPart<P extends AnyDriverPort, Options extends Schema, Device> {
  /** For logs and messages: lower-case letters, digits and dashes. */
  readonly name: string;
  /** The driver's own version, as people know it. */
  readonly version?: string;
  /** The port version it was written against. Default: that of the port given. */
  readonly implements?: Version;
  /** What a person configures; must validate synchronously. */
  readonly options: Options;
  /**
   * Opens the device: a connection, a directory, a session. Run again, after a pause, when it throws or when the
   * device was lost; a `DriverError` that is not `retryable` makes the pause long. Write it before `methods`, whose
   * `device` is what it returns.
   */
  readonly setup: (options: Output<Options>, context: SetupContext) => Device | Promise<Device>;
  readonly methods: Implementations<Device, P["methods"]>;
  /** Groups this driver offers, each whole. */
  readonly abilities?: { readonly [A in keyof P["abilities"]]?: Implementations<Device, P["abilities"][A]> };
  /**
   * Throws when the device is not usable, at best cheaply: it runs every 10 s. A `DriverError` that is not `retryable`
   * says that only a new set-up can help.
   */
  readonly check?: (device: Device, call: DriverCall) => void | Promise<void>;
  /**
   * Ends sessions that others of this driver have on the same device: once it has returned, no call of a session whose owner
   * has that address and a lower epoch changes anything, and none that is set up later does, whatever it is in the middle of.
   * A call that was under way has taken effect by then, or never does; it fails with a `DriverError`. Sessions of that epoch
   * or a higher one, and of other addresses, are served as before. Idempotent; a lower epoch than one fenced before changes
   * nothing; it holds over a restart of every process. Leave it out where the device cannot refuse: nobody then takes over.
   *
   * @example
   * ```ts
   * const arrays = defineDriver(driverPort("array", { version: "1.0", methods: { make: method<{ id: string }>() } }), {
   *   name: "array",
   *   options: z.object({ url: z.url() }),
   *   setup: ({ url }, { owner, epoch }) => openArray(url, { initiator: owner?.address, generation: epoch }),
   *   methods: { make: (array, { id }, { signal }) => array.make(id, { signal }) },
   *   // The array refuses commands of this initiator that carry a lower generation.
   *   fence: (array, { address, epoch }, { signal }) => array.revoke(address, { below: epoch, signal }),
   * });
   * ```
   */
  readonly fence?: (device: Device, fenced: Fenced, call: DriverCall) => void | Promise<void>;
  /** Whether it fences with these options. Default: it does where there is `fence`. */
  readonly fences?: (options: Output<Options>) => boolean;
  /** Gives back what `setup` opened. Calls may still be running when the time for draining is over. */
  readonly close?: (device: Device) => void | Promise<void>;
}

/** What a driver author writes: methods are functions of the device that `setup` opened. */
export type DriverDefinition<P extends AnyDriverPort, Options extends Schema, Device> = DefinitionPart<
  P,
  Options,
  Device
> &
  StatsPart<P, Device>;

/** Configures a driver, as in `fileVolumes({ root: "/srv/ssd" })`. */
export type DriverFactory<P extends AnyDriverPort, Options extends Schema> = (options: Input<Options>) => Driver<P>;

/**
 * Defines a driver of a port.
 *
 * The factory it returns opens nothing. It throws ReeveError `INVALID_OPTION` naming the option, or the method that is
 * missing, unknown or takes too many arguments.
 *
 * @example
 * ```ts
 * const lamps = driverPort("lamp", { version: "1.0", methods: { light: method<{ on: boolean }>() } });
 * const deskLamp = defineDriver(lamps, {
 *   name: "desk-lamp",
 *   options: z.object({ url: z.url() }),
 *   setup: ({ url }) => ({ url }),
 *   methods: {
 *     async light(device, { on }, { signal }) {
 *       await fetch(`${device.url}/${on ? "on" : "off"}`, { method: "POST", signal });
 *     },
 *   },
 * });
 * const driver = deskLamp({ url: "http://lamp.local" });
 * ```
 */
export function defineDriver<P extends AnyDriverPort, Options extends Schema, Device>(
  port: P,
  definition: DriverDefinition<P, Options, Device>,
): DriverFactory<P, Options> {
  return (given) => {
    requireImplementation(port, definition);
    const options = parseOptions(definition.name, definition.options, given);
    const fences = definition.fence !== undefined && (definition.fences?.(options as Output<Options>) ?? true);
    return Object.freeze({
      [driverBrand]: true as const,
      name: definition.name,
      version: definition.version,
      port,
      implements: definition.implements ?? port.version,
      abilities: Object.freeze(Object.keys(definition.abilities ?? {})),
      fences,
      setup: async (context: SetupContext) =>
        bindSession(port, definition, fences, await definition.setup(options as Output<Options>, context)),
    });
  };
}
