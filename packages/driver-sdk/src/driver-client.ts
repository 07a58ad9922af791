import type { Duration, Output } from "@reeve/contract";
import type { Progress } from "./driver-call.ts";
import type { AnyDriverPort } from "./driver-port.ts";
import type { Method } from "./method.ts";

export interface DriverCallOptions {
  /** Ends the call early. */
  readonly signal?: AbortSignal | undefined;
  /** Of the whole call. Default: the method's own; a transfer or stream has none, only a limit for stalling. */
  readonly timeout?: Duration | undefined;
}

export interface TransferOptions extends DriverCallOptions {
  /** Told how far the transfer is; not after it has settled. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

type Called<Input, Options, Answer> = [Input] extends [undefined]
  ? (options?: Options) => Answer
  : (input: Input, options?: Options) => Answer;

/** How a manager calls one method of a port. */
export type ClientMethod<M> =
  M extends Method<infer Kind, infer Input, infer Result>
    ? Kind extends "stream"
      ? Called<Input, DriverCallOptions, AsyncIterable<Result>>
      : Called<Input, Kind extends "transfer" ? TransferOptions : DriverCallOptions, Promise<Result>>
    : never;

type ClientMethods<Methods> = { readonly [K in keyof Methods]: ClientMethod<Methods[K]> };

type ClientStats<P extends AnyDriverPort> = undefined extends P["stats"]
  ? {}
  : { stats(options?: DriverCallOptions): Promise<Output<P["stats"]>> };

/** What a manager of this port is given as `driver`. */
export type DriverClient<P extends AnyDriverPort> = ClientMethods<P["methods"]> & {
  /** A group of methods that not every driver offers; fixed from the start. */
  readonly [A in keyof P["abilities"]]: ClientMethods<P["abilities"][A]> | undefined;
} & ClientStats<P> & {
    /** Whether a call would reach a driver that is set up and well. */
    readonly healthy: boolean;
  };
